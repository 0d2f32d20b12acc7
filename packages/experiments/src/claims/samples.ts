import type { AlignmentRecord, MinimumMeasurement, MinimumRecord } from "@sgdscope/training";
import type { Measured, Sample } from "../judge.js";

/** All that runs of several seeds have in common. */
const settingOf = ({ model, examples, learningRate, batchSize }: MinimumRecord): string =>
  `${model} ${examples} ${learningRate} ${batchSize}`;

/** One value of each run, with its setting and its seed. */
export const samplesOf = (
  records: readonly MinimumRecord[],
  value: (minimum: MinimumMeasurement, record: MinimumRecord) => Measured,
): Sample[] =>
  records.map((record) => ({
    value: record.minimum === undefined ? undefined : value(record.minimum, record),
    setting: settingOf(record),
    seed: record.seed,
  }));

/** The noise before the first step; undefined where it was not measured. */
export const startOf = ({ alignment }: MinimumRecord): AlignmentRecord | undefined =>
  alignment.find(({ step }) => step === 0);

/**
 * What η/η* of the start is at least: the ratio itself, or where it was not asked for `p·Tr(G)·η/2`, which it never falls below.
 */
export function startRatioOf(record: MinimumRecord): number | undefined {
  if (record.startEdgeRatio !== undefined) return record.startEdgeRatio;
  const start = startOf(record);
  const factor = record.minimum?.samplingFactor;
  return start === undefined || factor === undefined ? undefined : (factor * start.traceG * record.learningRate) / 2;
}

/**
 * Runs whose learning rate is beyond the edge of their start: they must move, and are driven to an edge. One whose start was
 * to be measured and was not is among them, so that nothing is said of the others alone.
 */
export const isDriven = ({ startEdgeRatio }: MinimumRecord): boolean =>
  startEdgeRatio !== undefined && !(startEdgeRatio <= 1);

/**
 * The alignment factor that isotropic noise of the same strength would have, Tr(Σ)·Tr(G)/(P·2L‖G‖_F²).
 *
 * @param parameters - P.
 */
export const isotropicAlignment = (
  { noiseStrength, traceG, loss, frobeniusG }: AlignmentRecord,
  parameters: number,
): number => (noiseStrength * traceG) / (parameters * 2 * loss * frobeniusG ** 2);

/** {@link isotropicAlignment} where the run ended. */
export const isotropicAtEnd = (record: MinimumRecord): number | undefined => {
  const end = record.alignment.at(-1);
  return end === undefined ? undefined : isotropicAlignment(end, record.parameters);
};

/** ‖G‖_F·η·√(pμ) before the first step, with the μ of that moment: the paper's bound, asked of the start. */
export const frobeniusRatioAtStart = (record: MinimumRecord): number | undefined => {
  const start = startOf(record);
  const factor = record.minimum?.samplingFactor;
  return start?.alignmentFactor === undefined || factor === undefined
    ? undefined
    : start.frobeniusG * record.learningRate * Math.sqrt(factor * start.alignmentFactor);
};

import type { MinimumRecord } from "../run/record.js";

/** One statement about the records, judged. */
export interface Acceptance {
  statement: string;
  /** Runs it was judged on. */
  runs: number;
  /** Smallest and largest value seen; undefined where there was nothing to judge. */
  range: [number, number] | undefined;
  band: [number, number];
  holds: boolean;
}

/**
 * Bands for minima of networks on real images once the loss is below 1e-6. They are ours, from one run a setting with
 * PyTorch, not the paper's: η/η* in [0.75, 1.25], ‖H‖_F·η·√(pμ) below 1, μ in [0.5, 2.5].
 */
export const boundBands = {
  edgeRatio: [0.75, 1.25],
  frobeniusRatio: [0, 1],
  alignmentFactor: [0.5, 2.5],
} as const satisfies Record<string, [number, number]>;

/** Judges the runs that interpolate against the bands; a statement without a run to judge does not hold. */
export function judgeBound(records: MinimumRecord[]): Acceptance[] {
  const minima = records.filter((record) => record.interpolates && record.minimum !== undefined);
  const stochastic = minima.filter((record) => !record.gradientDescent);
  const judge = (
    statement: string,
    of: MinimumRecord[],
    value: (record: MinimumRecord) => number | undefined,
    band: readonly [number, number],
  ): Acceptance => {
    const values = of.map(value).filter((each) => each !== undefined);
    const range: Acceptance["range"] = values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];
    return {
      statement,
      runs: values.length,
      range,
      band: [...band],
      holds: range !== undefined && range[0] >= band[0] && range[1] <= band[1],
    };
  };
  return [
    judge(
      "SGD and GD stop at the exact mean-square edge: η/η* is near 1",
      minima,
      (record) => record.minimum!.edgeRatio,
      boundBands.edgeRatio,
    ),
    judge(
      "the paper's bound holds with the measured alignment: ‖H‖_F·η·√(pμ) ≤ 1",
      stochastic,
      (record) => record.minimum!.frobeniusRatio,
      boundBands.frobeniusRatio,
    ),
    judge(
      "noise and curvature are aligned at the minimum: μ is of order 1",
      stochastic,
      (record) => record.minimum!.alignmentFactor,
      boundBands.alignmentFactor,
    ),
  ];
}

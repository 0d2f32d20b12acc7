import { fitNoiseStrength } from "@sgdscope/noise-structure";
import type { Claim, Figure, Finished, Job, Scope } from "../claim.js";
import { type Canvas, chart } from "@sgdscope/figures";
import { judge, type Acceptance, type Measured, type Sample } from "../judge.js";
import type { AlignmentRecord, MinimumRecord } from "@sgdscope/training";
import { groupBy, median } from "../statistics.js";
import { firstSeeds, labelOf } from "./alignment.js";
import { network, trainingJobs } from "./along-training.js";
import { batchLabel, cell, recordsOf } from "./minima.js";
import { isSlow } from "./slow-runs.js";

/** 𝒩 = Tr Σ against L along training: slope 1, and the constant 2·Tr G. */
export const noiseMagnitude: Claim<"training"> = {
  name: "noise-magnitude",
  title: "The magnitude of the noise is proportional to the loss",
  statement: "Late in training the noise strength 𝒩 = Tr Σ falls in proportion to the loss L, and is about 2L·Tr G/C.",
  source:
    "Mori, Ziyin, Liu & Ueda, ICML 2022 (arXiv:2105.09557): 𝒩 ∝ L; magnitude proportional to the loss in Wu, Wang & Su, NeurIPS 2022 (arXiv:2207.02628). The constant 2·Tr G/C is derived here.",
  method:
    "The trainings of the claim about alignment: 𝒩 and L are exact at each point. The slope of log 𝒩 over log L is that of the second half of the decades of loss, where the curvature has settled. The control is additive noise, as strong all along as at the start.",
  study: "training",
  jobs: (scope: Scope): Job<"training">[] => trainingJobs(scope),
  judge: (finished) =>
    [...groupBy(finished, ({ role }) => role)].flatMap(([role, own]) =>
      // The last residuals of slow runs lie in slow directions: they are no longer independent of the Jacobian.
      isSlow(role) ? [] : judgeRole(role, own, role === network ? finished.filter((one) => isSlow(one.role)) : []),
    ),
  figures: figuresOf,
  table: (finished) => ({
    title: "Every run",
    headings: ["model", "outputs C", "η", "B", "slope", "standard error", "decades", "C·𝒩/(2L·Tr G), median"],
    left: [0],
    rows: finished.flatMap(({ records }) =>
      records.map((record) => {
        const late = lateOf(record);
        const fit = fitOf(record);
        return [
          record.model,
          String(record.outputs),
          String(record.learningRate),
          batchLabel(record),
          cell(fit?.value),
          cell(fit?.standardError, 2),
          cell(decadesOf(late), 2),
          cell(median(usable(record).map((point) => ratioOf(record, point)))),
        ];
      }),
    ),
  }),
};

/** Above the rounding of residuals: Float32 ones know L to 1e-12 or so. What was not measured stays, so that nothing is said of the rest. */
const usable = ({ alignment, backend }: MinimumRecord): AlignmentRecord[] =>
  alignment.filter(
    ({ loss, noiseStrength }) => !(noiseStrength <= 0) && !(loss <= (backend === "float64" ? 1e-20 : 1e-11)),
  );

const ratioOf = ({ outputs }: MinimumRecord, { noiseStrength, loss, traceG }: AlignmentRecord): number =>
  (outputs * noiseStrength) / (2 * loss * traceG);

/** Points in the lower half of the decades of loss that the run went through. */
function lateOf(record: MinimumRecord): AlignmentRecord[] {
  const points = usable(record);
  const losses = points.map(({ loss }) => loss);
  const middle = Math.sqrt(Math.max(...losses) * Math.min(...losses));
  return points.filter(({ loss }) => !(loss > middle));
}

const decadesOf = (points: AlignmentRecord[]): number => {
  const losses = points.map(({ loss }) => loss);
  return losses.length < 2 ? 0 : Math.log10(Math.max(...losses) / Math.min(...losses));
};

/** The slope over the late points; undefined over less than a decade or three points, NaN where one was not measured. */
function fitOf(
  record: MinimumRecord,
  strength = (point: AlignmentRecord): number => point.noiseStrength,
): { value: number; standardError: number } | undefined {
  const late = lateOf(record);
  if (late.length < 3 || decadesOf(late) < 1) return undefined;
  const losses = late.map(({ loss }) => loss);
  const strengths = late.map(strength);
  if (losses.concat(strengths).some(Number.isNaN)) return { value: NaN, standardError: NaN };
  return fitNoiseStrength(losses, strengths).slope;
}

/** |slope − 1| over a tenth and four standard errors. */
const offOne = ({ value, standardError }: { value: number; standardError: number }): number =>
  Math.abs(value - 1) / (0.1 + 4 * standardError);

function judgeRole(
  role: string,
  finished: readonly Finished<"training">[],
  slow: readonly Finished<"training">[],
): Acceptance[] {
  const records = recordsOf(finished);
  const fitted = records.filter((record) => fitOf(record) !== undefined);
  const additive = "additive noise, as strong all along as at the start";
  /** The strength before the first step. */
  const first = (record: MinimumRecord): number => usable(record)[0]!.noiseStrength;
  const samples = (of: readonly MinimumRecord[], value: (record: MinimumRecord) => Measured): Sample[] =>
    of.map((record) => ({ value: value(record), setting: labelOf(record), seed: record.seed }));
  return [
    ...(fitted.length === 0
      ? []
      : [
          judge({
            kind: "evidence",
            statement: `${role}: |slope − 1| over 0.1 and four standard errors`,
            samples: samples(fitted, (record) => offOne(fitOf(record)!)),
            band: [0, 1],
            because:
              "slope 1 is predicted; four standard errors of the fit, and a tenth for the change of the curvature",
            excluded: records.length - fitted.length,
            controls: [{ what: additive, values: fitted.map((record) => offOne(fitOf(record, () => first(record))!)) }],
          }),
        ]),
    judge({
      kind: "evidence",
      statement: `${role}: C·𝒩/(2L·Tr G) (median along training)`,
      samples: samples(records, (record) => median(usable(record).map((point) => ratioOf(record, point)))),
      band: [0.5, 2],
      because: "1 where residuals and Jacobians are independent (derived here); a factor of two either way",
      controls: [
        {
          what: additive,
          values: records.map((record) =>
            median(lateOf(record).map((point) => ratioOf(record, { ...point, noiseStrength: first(record) }))),
          ),
        },
      ],
      beside:
        slow.length === 0
          ? []
          : [
              {
                what: "rates far below the edge",
                values: recordsOf(slow).map((record) => median(usable(record).map((point) => ratioOf(record, point)))),
              },
            ],
    }),
  ];
}

function figuresOf(finished: readonly Finished<"training">[], canvas: Canvas): Figure[] {
  const panels = groupBy(finished, ({ role }) => (role.startsWith("network") ? "networks" : "models"));
  return [...panels].map(([panel, own]) => {
    const series = firstSeeds(own).map((record) => ({
      label: labelOf(record),
      line: false,
      points: usable(record).map((point) => ({
        x: point.loss,
        y: (record.outputs * point.noiseStrength) / point.traceG,
      })),
    }));
    const losses = series.flatMap(({ points }) => points.map(({ x }) => x));
    const ends = [Math.min(...losses), Math.max(...losses)];
    const name = panel === "networks" ? "networks on images" : "models in closed form";
    return {
      name: panel,
      title: `The strength of the noise against the loss: ${name}`,
      caption:
        "C·𝒩/Tr G, exact, at points along training; dividing by the trace puts all models on one line, 2L, of slope 1, which was there before the data.",
      svg: chart(
        {
          x: { type: "log", label: "loss L" },
          y: { type: "log", label: "C · Tr Σ / Tr G" },
          predictions: [{ label: "2L", points: ends.map((x) => ({ x, y: 2 * x })) }],
          series,
          description: `Strength of the gradient noise over the trace of G against the loss, for ${name}, with the line 2L.`,
        },
        canvas,
      ),
    };
  });
}

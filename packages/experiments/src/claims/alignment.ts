import type { Claim, Figure, Finished, Job, Scope } from "../claim.js";
import { type Canvas, chart, type ChartSeries } from "@sgdscope/figures";
import { judge, valuesOf, type Acceptance, type Sample } from "../judge.js";
import type { AlignmentRecord, MinimumRecord } from "@sgdscope/training";
import { groupBy, median } from "../statistics.js";
import { boundBands, imageBandSource } from "./image-bands.js";
import { batchLabel, cell, recordsOf } from "./minima.js";
import { network, randomLabels, trainingJobs } from "./along-training.js";
import { isotropicAlignment } from "./samples.js";
import { isSlow } from "./slow-runs.js";

/** μ, α, β and the decoupling error along training, for linear models, random features and networks. */
export const alignment: Claim<"training"> = {
  name: "alignment",
  title: "The noise of SGD is aligned with the curvature, all along training",
  statement:
    "The alignment factor μ = Tr(ΣG)/(2L‖G‖²_F) of SGD is of order 1 along training, for linear models, random features and networks, where isotropic noise of the same strength has almost none; although the noise covariance Σ is far from 2L·G entry by entry.",
  source:
    "Wu, Wang & Su, NeurIPS 2022 (arXiv:2207.02628): proved for linear networks and random features, measured for networks on CIFAR-10. α and β are recalled; the exact range of μ of a linear model and the decoupling error are derived here.",
  method:
    "Each model is trained by SGD, and K and r are measured at a few steps per decade. Every number is exact. With C outputs and isotropic residuals μ is 1/C, so C·μ is shown. The control is isotropic noise of the same strength. Untrained networks and random labels are drawn beside: they have the same alignment, so it is no result of learning; rates far below the edge, and gradient descent, end with less, because their last residuals lie in slow directions.",
  study: "training",
  jobs: (scope: Scope): Job<"training">[] => trainingJobs(scope),
  judge: (finished) =>
    [...groupBy(finished, ({ role }) => role)].flatMap(([role, own]) =>
      role === randomLabels || isSlow(role) ? [] : judgeRole(role, own, finished),
    ),
  figures: (finished, canvas) => figuresOf(finished, canvas),
  table: (finished) => ({
    title: "Every run, along training",
    headings: [
      "model",
      "outputs C",
      "η",
      "B",
      "L from",
      "to",
      "C·μ least",
      "median",
      "most",
      "α",
      "β",
      "decoupling error",
    ],
    left: [0],
    rows: finished.flatMap(({ records }) =>
      records.map((record) => {
        const points = usable(record);
        const mu = points.map((point) => record.outputs * point.alignmentFactor);
        const middle = (value: (point: AlignmentRecord) => number | undefined): string =>
          cell(median(points.map(value).filter((each) => each !== undefined)));
        return [
          record.model,
          String(record.outputs),
          String(record.learningRate),
          batchLabel(record),
          cell(points[0]?.loss),
          cell(points.at(-1)?.loss),
          cell(Math.min(...mu)),
          cell(median(mu)),
          cell(Math.max(...mu)),
          middle((point) => point.directionAlignment),
          middle((point) => point.noiseMagnitude),
          middle((point) => point.decouplingError),
        ];
      }),
    ),
  }),
};

type Usable = AlignmentRecord & { alignmentFactor: number };

/**
 * Points where the alignment means something: above the rounding of Float32 for networks, of Float64 for closed forms. A
 * factor that was not measured there is NaN, so that nothing is said of the rest.
 */
const usable = (record: MinimumRecord): Usable[] =>
  record.alignment
    .filter(({ loss }) => !(loss <= (record.backend === "float64" ? 1e-20 : 1e-11)))
    .map((point) => ({ ...point, alignmentFactor: point.alignmentFactor ?? NaN }));

/** C·μ at usable points. */
const factorsOf = (record: MinimumRecord, points = usable(record)): number[] =>
  points.map((point) => record.outputs * point.alignmentFactor);

/** The last usable point. */
const endOf = (records: readonly MinimumRecord[]): (number | undefined)[] =>
  records.map((record) => factorsOf(record).at(-1));

function judgeRole(
  role: string,
  finished: readonly Finished<"training">[],
  all: readonly Finished<"training">[],
): Acceptance[] {
  const records = recordsOf(finished);
  const noisy = records.filter((record) => !record.gradientDescent);
  const outputs = Math.max(1, ...records.map((record) => record.outputs));
  const linear = role === "linear" || role.startsWith("random features");
  const [low, high] = boundBands.alignmentFactor;
  const isotropic = {
    what: "isotropic noise of the same strength",
    values: noisy.map((record) =>
      median(usable(record).map((point) => record.outputs * isotropicAlignment(point, record.parameters))),
    ),
  };
  // Gaussian inputs in few dimensions have a G that is nearly isotropic itself: no noise could be out of line with it.
  const isotropicG = role === "linear";
  const medians = judge({
    kind: isotropicG ? "heuristic" : "evidence",
    statement: `${role}: C·μ along training (median over the points of each run)`,
    samples: samplesOfPoints(noisy, (record) => median(factorsOf(record))),
    band: linear ? [0.5, 2] : [low, high * outputs],
    because: linear
      ? "between 1 and 2 for Gaussian inputs in the population (derived here); a factor of two below for few examples"
      : outputs === 1
        ? imageBandSource
        : "the band of one output, with μ between 1/C (all outputs alike) and 1 (one output has all residuals and curvature); derived here",
    excluded: records.length - noisy.length,
    controls: isotropicG ? [] : [isotropic],
    beside: [
      ...(isotropicG ? [isotropic] : []),
      { what: "before training", values: noisy.map((record) => factorsOf(record)[0]) },
      ...(role === network
        ? [
            { what: "random labels", values: endOf(recordsOf(all.filter((one) => one.role === randomLabels))) },
            {
              what: "rates far below the edge, at the end",
              values: endOf(recordsOf(all.filter((one) => isSlow(one.role)))),
            },
            { what: "gradient descent, at the end", values: endOf(records.filter((one) => one.gradientDescent)) },
          ]
        : []),
    ],
  });
  if (!linear) return [medians];
  return [
    judge({
      kind: "theorem",
      statement: `${role}: μ within its exact range at every point, (μ − inf μ)/(sup μ − inf μ)`,
      samples: valuesOf(
        records.flatMap((record) => {
          const [least, most] = record.minimum?.alignmentRange ?? [NaN, NaN];
          return usable(record).map((point) => (point.alignmentFactor - least) / (most - least));
        }),
      ),
      band: [-1e-6, 1 + 1e-6],
      because: "a theorem, derived here, for models that are linear in their parameters",
    }),
    medians,
  ];
}

/** One value of each run. */
const samplesOfPoints = (
  records: readonly MinimumRecord[],
  value: (record: MinimumRecord) => number | undefined,
): Sample[] => records.map((record) => ({ value: value(record), seed: record.seed, setting: labelOf(record) }));

function figuresOf(finished: readonly Finished<"training">[], canvas: Canvas): Figure[] {
  const panels = groupBy(finished, ({ role }) => (role.startsWith("network") ? "networks" : "models"));
  return [...panels].flatMap(([panel, own]) => {
    const series = (value: (point: Usable, record: MinimumRecord) => number | undefined): ChartSeries[] =>
      firstSeeds(own).map((record) => ({
        label: labelOf(record),
        points: usable(record).map((point) => ({ x: point.loss, y: value(point, record) ?? NaN })),
      }));
    const x = { type: "log", label: "loss L along training, falling", reverse: true } as const;
    const ends = (): number[] => {
      const losses = series(() => 1).flatMap(({ points }) => points.map((point) => point.x));
      return [Math.min(...losses), Math.max(...losses)];
    };
    const line = (y: number): { x: number; y: number }[] => ends().map((at) => ({ x: at, y }));
    const name = panel === "networks" ? "networks on images" : "models in closed form";
    return [
      {
        name: `mu-${panel}`,
        title: `C·μ along training: ${name}`,
        caption:
          "One line per setting, of its first seed, exact at each point. The line at 1 is what exact decoupling, Σ₁ = 2L·G/C, gives; it was there before the data.",
        svg: chart(
          {
            x,
            y: { type: "log", label: "alignment factor C·μ", include: [0.5, 2] },
            predictions: [{ label: "decoupled noise", points: line(1) }],
            series: series((point, { outputs }) => outputs * point.alignmentFactor),
            description: `Alignment factor along training against the loss, one line per run, for ${name}.`,
          },
          canvas,
        ),
      },
      {
        name: `alpha-${panel}`,
        title: `Direction: α along training, ${name}`,
        caption: "The cosine between noise covariance and curvature, Tr(ΣG)/(‖Σ‖_F‖G‖_F); 1 means the same shape.",
        svg: chart(
          {
            x,
            y: { label: "direction alignment α", include: [0, 1] },
            predictions: [{ label: "same shape", points: line(1) }],
            series: series((point) => point.directionAlignment),
            description: `Direction alignment along training against the loss, one line per run, for ${name}.`,
          },
          canvas,
        ),
      },
      {
        name: `decoupling-${panel}`,
        title: `Decoupling error along training, ${name}`,
        caption:
          "‖Σ₁ − 2L·G‖_F/‖2L·G‖_F. It is of order 1: noise and curvature agree in their trace against each other, not entry by entry. β is C·μ over C·α.",
        svg: chart(
          {
            x,
            y: { label: "decoupling error", include: [0, 1] },
            predictions: [{ label: "exact decoupling", points: line(0) }],
            series: series((point) => point.decouplingError),
            description: `Relative error of the decoupling approximation along training, one line per run, for ${name}.`,
          },
          canvas,
        ),
      },
    ];
  });
}

/** One run of each setting, that of its first seed: the others are judged, and stand in the table. */
export const firstSeeds = (finished: readonly Finished<"training">[]): MinimumRecord[] =>
  [...groupBy(recordsOf(finished), labelOf).values()].map((group) => group[0]!);

/** A run in a few words. */
export const labelOf = ({ model, data, learningRate, batchSize, gradientDescent, outputs }: MinimumRecord): string =>
  `${shortName(model)}${data.endsWith("random labels") ? ", random labels" : ""}${outputs > 1 ? `, C = ${outputs}` : ""}, ${
    gradientDescent ? `GD, η = ${learningRate}` : `B = ${batchSize}, η = ${learningRate}`
  }`;

const shortName = (model: string): string => {
  const known: [RegExp, string][] = [
    [/^linear-regression/, "linear"],
    [/^deep-linear/, "deep linear"],
    [/^random-features-relu/, "ReLU features"],
    [/^random-features-tanh/, "tanh features"],
    [/^two-layer-relu/, "two-layer ReLU"],
    [/^fully-connected/, "fully connected"],
    [/^small-cnn/, "convolutional"],
    [/^vgg/, "VGG-like"],
    [/^resnet/, "residual"],
  ];
  return known.find(([pattern]) => pattern.test(model))?.[1] ?? model;
};

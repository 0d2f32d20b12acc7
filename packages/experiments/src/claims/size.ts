import type { Claim, Figure, Finished, Job, Scope } from "../claim.js";
import { type Canvas, chart } from "@sgdscope/figures";
import { judge, type Acceptance } from "../judge.js";
import type { ClosedFormTask, MinimumRecord, MinimumTask } from "@sgdscope/training";
import { groupBy, spread } from "../statistics.js";
import { boundBands, measuredBoundSource } from "./image-bands.js";
import { minimaOf, minimumTable, recordsOf } from "./minima.js";
import { frobeniusRatioAtStart, samplesOf, startOf } from "./samples.js";
import { fullyConnected, imageTask, ofPreset, reluTask, seedsOf, smallCnn, tinyImageTask } from "./settings.js";

/** ‖H‖_F of the minima of SGD over width, depth and number of examples; gradient descent beside it. */
export const size: Claim<"training"> = {
  name: "size",
  title: "The limit of ‖H‖_F does not depend on the size of the model or of the sample",
  statement:
    "‖H‖_F at the minima of SGD stays below √B/η at every width, depth and number of examples; that of gradient descent does not, and neither does that of the networks before training.",
  source:
    "Wu, Wang & Su, NeurIPS 2022 (arXiv:2207.02628), abstract: the sharpness of accessible minima is bounded independently of model size and sample size. Sizes and settings are ours.",
  method:
    "Batches of one and gradient descent, at the same learning rate 0.02, train two-layer ReLU networks of growing width on growing samples, several seeds each, and fully connected and convolutional networks on images of growing width, depth and sample. ‖H‖_F = ‖G‖_F at the minimum is exact; medians over seeds.",
  study: "training",
  jobs: (scope) => [...imageJobs(scope), ...reluJobs(scope)],
  judge: (finished) => [...groupBy(finished, ({ role }) => role)].flatMap(([role, own]) => judgeRole(role, own)),
  figures: (finished, canvas) =>
    [...groupBy(finished, ({ role }) => role)].map(([role, own]) => figureOf(role, own, canvas)),
  table: minimumTable,
};

type Training = Job<"training">;

const learningRate = 0.02;

function reluJobs(scope: Scope): Training[] {
  const { preset } = scope;
  const widths = ofPreset(preset, { test: [10, 20], fast: [30, 60, 120, 240], full: [30, 60, 120, 240, 480] });
  const counts = ofPreset(preset, { test: [8, 12], fast: [20, 40, 80], full: [20, 40, 80, 160, 320] });
  const width = preset === "test" ? 20 : 120;
  const count = preset === "test" ? 12 : 40;
  const maxSteps = ofPreset(preset, { test: 5000, fast: 100_000, full: 1_000_000 });
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 3, full: 5 })).flatMap((seed) => {
    const of = (role: string, own: { width: number; count: number }): Training[] =>
      [1, own.count].map((batchSize) => ({
        role,
        task: reluTask({ ...own, learningRate, batchSize, seed, maxSteps }),
      }));
    return [
      ...widths.flatMap((each) => of("two-layer ReLU, width", { width: each, count })),
      ...counts.flatMap((each) => of("two-layer ReLU, examples", { width, count: each })),
    ];
  });
}

function imageJobs(scope: Scope): Training[] {
  const { preset, images } = scope;
  if (preset === "test") return [{ role: "fully connected, width", task: tinyImageTask(learningRate, 2, scope.seed) }];
  const count = ofPreset(preset, { test: 16, fast: 50, full: 200 });
  const widths = ofPreset(preset, { test: [8], fast: [16, 64, 256], full: [16, 64, 256, 1024] });
  const depths = ofPreset(preset, { test: [1], fast: [2, 3, 4], full: [2, 3, 4, 6] });
  const counts = ofPreset(preset, { test: [16], fast: [25, 50, 100], full: [50, 100, 200, 400] });
  const channels = ofPreset(preset, { test: [4], fast: [4, 8, 16], full: [8, 16, 32] });
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 3, full: 5 })).flatMap((seed) => {
    const of = (role: string, model: MinimumTask["model"], n: number, batchSize: 1 | "all"): Training => ({
      role,
      task: imageTask(images, { count: n, model, learningRate, batchSize, seed }),
    });
    return ([1, "all"] as const).flatMap((batchSize) => [
      // Gradient descent on convolutions is the slowest of all and says nothing new: its norm is limited by λ_max ≤ 2/η.
      ...(batchSize === 1
        ? channels.map((width) => of("convolutional, channels", smallCnn([width, 2 * width]), count, batchSize))
        : []),
      ...widths.map((width) => of("fully connected, width", fullyConnected([width, width]), count, batchSize)),
      ...depths.map((depth) =>
        of("fully connected, depth", fullyConnected(Array.from({ length: depth }, () => 64)), count, batchSize),
      ),
      ...counts.map((n) => of("fully connected, examples", fullyConnected([64, 64]), n, batchSize)),
    ]);
  });
}

/** What is varied in a role. */
function sizeOf(role: string, { model, data }: MinimumTask | ClosedFormTask): number {
  if (role.endsWith("examples")) return data.count;
  switch (model.kind) {
    case "two-layer-relu":
      return model.width;
    case "fully-connected":
      return role.endsWith("depth") ? model.widths.length : model.widths[0]!;
    case "small-cnn":
      return model.channels![0]!;
    default:
      throw new RangeError(`sizeOf: expected a model whose size this claim varies, got ${model.kind}`);
  }
}

interface Sized {
  size: number;
  record: MinimumRecord;
}

const sized = (role: string, finished: readonly Finished<"training">[]): Sized[] =>
  finished.flatMap(({ task, records }) => minimaOf(records).map((record) => ({ size: sizeOf(role, task), record })));

const normOf = ({ record }: Sized): number => record.minimum!.frobeniusG * record.learningRate;

function judgeRole(role: string, finished: readonly Finished<"training">[]): Acceptance[] {
  const records = recordsOf(finished);
  const minima = minimaOf(records);
  const excluded = records.length - minima.length;
  const noisy = minima.filter((record) => !record.gradientDescent);
  const descent = minima.filter((record) => record.gradientDescent);
  const starts = noisy.map((record) => {
    const start = startOf(record);
    return start && start.frobeniusG * record.learningRate;
  });
  return [
    judge({
      kind: "evidence",
      statement: `${role}: ‖H‖_F·η of SGD at every size`,
      samples: samplesOf(noisy, ({ frobeniusG }, record) => frobeniusG * record.learningRate),
      band: [0, 1],
      because: "the bound of batches of one with μ = 1, whatever the size",
      excluded,
      controls: [
        { what: "before training", values: starts },
        ...(descent.length === 0
          ? []
          : [
              {
                what: "gradient descent",
                values: descent.map(({ minimum, learningRate: eta }) => minimum!.frobeniusG * eta),
              },
            ]),
      ],
    }),
    judge({
      kind: "heuristic",
      statement: `${role}: ‖H‖_F·η·√(pμ) of SGD at every size`,
      samples: samplesOf(noisy, ({ frobeniusRatio }) => frobeniusRatio),
      band: boundBands.frobeniusRatio,
      because: measuredBoundSource,
      excluded,
      controls: [{ what: "before training", values: noisy.map(frobeniusRatioAtStart) }],
    }),
  ];
}

function figureOf(role: string, finished: readonly Finished<"training">[], canvas: Canvas): Figure {
  const items = sized(role, finished);
  const sizes = [...new Set(items.map((item) => item.size))].sort((a, b) => a - b);
  const points = (gradientDescent: boolean): { x: number; y: number; low: number; high: number }[] =>
    sizes.flatMap((own) => {
      const range = spread(
        items.filter((item) => item.size === own && item.record.gradientDescent === gradientDescent).map(normOf),
      );
      return range === undefined ? [] : [{ x: own, y: range.middle, low: range.low, high: range.high }];
    });
  const what = role.slice(role.indexOf(", ") + 2);
  return {
    name: role.toLowerCase().replace(/[^a-z]+/g, "-"),
    title: `‖H‖_F over the size: ${role}`,
    caption:
      "‖H‖_F·η at the minimum, medians and ranges over seeds. The bound with batches of one and μ = 1 is 1, whatever the size; gradient descent has none but λ_max·η ≤ 2, which leaves ‖H‖_F room to grow with the rank.",
    svg: chart(
      {
        x: { type: "log", label: labelOf(what), ticks: sizes },
        y: { type: "log", label: "‖H‖_F · η", include: [1] },
        predictions: [{ label: "bound, B = 1, μ = 1", points: [sizes[0]!, sizes.at(-1)!].map((x) => ({ x, y: 1 })) }],
        series: [
          { label: "SGD, B = 1", points: points(false) },
          { label: "gradient descent", points: points(true) },
        ],
        height: 300,
        description: `Frobenius norm of the Hessian times the learning rate at the minimum against ${what}, for SGD and gradient descent, with the bound.`,
      },
      canvas,
    ),
  };
}

const labelOf = (what: string): string =>
  ({
    width: "width m of each hidden layer",
    depth: "hidden layers",
    examples: "examples n",
    channels: "channels of the first convolution",
  })[what]!;

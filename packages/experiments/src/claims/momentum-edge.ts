import { momentumFigure } from "@sgdscope/figures";
import type { ModelConfig } from "@sgdscope/models-cnn";
import type { MinimumMeasurement, MinimumRecord } from "@sgdscope/training";
import type { Claim, Finished, Job, Preset, Scope } from "../claim.js";
import { judge, type Acceptance, type Comparison, type Measured, type Sample } from "../judge.js";
import { groupBy } from "../statistics.js";
import { boundBands } from "./image-bands.js";
import { minimaOf, recordsOf } from "./minima.js";
import { momentumTable } from "./momentum-table.js";
import { isDriven, samplesOf } from "./samples.js";
import {
  fullyConnected,
  imageSeeds,
  imageTask,
  ofPreset,
  reluTask,
  seedsOf,
  smallCnn,
  tinyImageTask,
} from "./settings.js";
import { isSlow } from "./slow-runs.js";

/** Where SGD with momentum stops: at the exact edge of its own optimizer. */
export const momentumEdge: Claim<"training"> = {
  name: "momentum-edge",
  title: "SGD with momentum stops at its own exact edge; that of plain SGD, and the effective rate, are off by factors",
  statement:
    "Runs with heavy-ball or Nesterov momentum and small batches whose rate is far beyond the edge of their start, five times or more, end at minima of the exact threshold η*(B, β) = η; from nearer, or with batches from n/8 up, momentum may throw them past it, and they stop within it. No rule of thumb holds over batch sizes: not η* of plain SGD, and not the effective rate η/(1 − β) held against it.",
  source:
    "η*(B, β) is derived here for any Gram matrix and any sampling; Andreyev et al. (arXiv:2604.14108) describe by their abstract plateaus of the sharpness at 2(1 − β)/η for small batches and 2(1 + β)/η for large ones.",
  method:
    "Two-layer ReLU networks until L < 1e-8 and networks on images until L < 1e-6, with β = 0, 0.5 and 0.9. At the minimum that was found the threshold is exact, from the Gram matrix. Controls: the start, rates far below the edge, the threshold of plain SGD, and that threshold at the effective rate.",
  study: "training",
  jobs: (scope) => [...imageJobs(scope), ...reluJobs(scope)],
  judge: (finished) => {
    const records = recordsOf(finished.filter(({ role }) => !isSlow(role)));
    const slow = minimaOf(recordsOf(finished.filter(({ role }) => isSlow(role))));
    return [...groupBy(records, familyOf)].flatMap(([family, own]) =>
      judgeFamily(
        family,
        own,
        slow.filter((record) => familyOf(record) === family),
      ),
    );
  },
  figures(finished, canvas) {
    const records = recordsOf(finished.filter(({ role }) => !isSlow(role))).filter(isDriven);
    return [...groupBy(records, (record) => (isRelu(record) ? "two-layer-relu" : "images"))].map(([name, own]) => ({
      name: `edge-${name}`,
      title: `Where SGD with momentum stops: ${isRelu(own[0]!) ? "two-layer ReLU networks" : "networks on images"}`,
      caption:
        "One mark per run that was driven to the edge, at the minimum where it stopped. Left, η over the exact critical learning rate of its own optimizer: runs stand on the line 1 or, thrown past it by their momentum, below; hardly any above. Middle, over that of plain SGD: momentum leaves it by factors, downwards for small batches and upwards for large ones. Right, the effective rate η/(1 − β) over that of plain SGD: right for small batches, and wrong by more and more for larger ones.",
      svg: momentumFigure(own, canvas),
    }));
  },
  table: (finished: readonly Finished<"training">[]) => momentumTable(finished),
};

type Training = Job<"training">;
type Setting = { momentum: number; nesterov?: true; learningRate: number; batchSize: number | "all" };

function imageSettings(model: ModelConfig, preset: Preset): Setting[] {
  const isConvolutional = model.kind === "small-cnn";
  const all: Setting[] = [
    { momentum: 0, learningRate: 0.02, batchSize: 4 },
    // Batches of one take a dense network a minute.
    { momentum: 0.9, learningRate: 0.002, batchSize: isConvolutional ? 1 : 2 },
    { momentum: 0.9, learningRate: 0.002, batchSize: 4 },
    { momentum: 0.9, learningRate: 0.006, batchSize: 16 },
  ];
  // The fast preset leaves these to the dense network, whose runs are shorter.
  if (!isConvolutional || preset === "full")
    all.push(
      { momentum: 0.5, learningRate: 0.01, batchSize: 4 },
      { momentum: 0.9, nesterov: true, learningRate: 0.002, batchSize: 4 },
    );
  // Full batches take a convolutional network long, and it is thrown far.
  if (!isConvolutional) all.push({ momentum: 0.9, learningRate: 0.02, batchSize: "all" });
  return all;
}

/** Rates beyond the edge of the start, for batches below n/8, for larger ones, and for all examples. */
const reluSettings: (Pick<Setting, "momentum" | "nesterov"> & { rates: [number, number, number] })[] = [
  { momentum: 0, rates: [0.02, 0.02, 0.02] },
  { momentum: 0.5, rates: [0.01, 0.03, 0.04] },
  { momentum: 0.9, rates: [0.002, 0.01, 0.06] },
  { momentum: 0.9, nesterov: true, rates: [0.002, 0.01, 0.02] },
];

const slowRole = "momentum, slow";

function imageJobs(scope: Scope): Training[] {
  const { preset, images, seed } = scope;
  if (preset === "test")
    return [
      { role: "momentum", task: { ...tinyImageTask(0.01, 2, seed), momentum: 0.5 } },
      { role: slowRole, task: { ...tinyImageTask(0.0005, 8, seed), momentum: 0.5 } },
    ];
  const count = ofPreset(preset, { test: 16, fast: 100, full: 200 });
  const task = (model: ModelConfig, each: number, setting: Setting): Training["task"] =>
    // What is plain shares its runs with the claim on the edge; momentum interpolates sooner, and may do so within a long warm-up.
    imageTask(images, {
      count,
      model,
      seed: each,
      ...setting,
      ...(setting.momentum > 0 ? { warmUp: 100, hessianProducts: 0, alignmentAt: [] } : {}),
    });
  return seedsOf(scope, imageSeeds(preset)).flatMap((each) => [
    ...[smallCnn([8, 16]), fullyConnected([64, 64])].flatMap((model) =>
      imageSettings(model, preset).map((setting): Training => ({ role: "momentum", task: task(model, each, setting) })),
    ),
    {
      role: slowRole,
      task: task(fullyConnected([64, 64]), each, { momentum: 0.9, learningRate: 0.0004, batchSize: 16 }),
    },
  ]);
}

function reluJobs(scope: Scope): Training[] {
  const { preset } = scope;
  const count = ofPreset(preset, { test: 12, fast: 40, full: 40 });
  const width = ofPreset(preset, { test: 20, fast: 120, full: 120 });
  const batchSizes = ofPreset(preset, { test: [1, 12], fast: [1, 4, 16, 40], full: [1, 2, 4, 8, 16, 32, 40] });
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 9 })).flatMap((seed) => [
    ...reluSettings.flatMap(({ rates: [small, middle, all], ...optimizer }) =>
      batchSizes.map((batchSize): Training => {
        const learningRate = batchSize === count ? all : batchSize * 8 < count ? small : middle;
        return {
          role: "momentum, two-layer ReLU",
          task: reluTask({ count, width, learningRate, batchSize, seed, ...optimizer }),
        };
      }),
    ),
    {
      role: `two-layer ReLU, ${slowRole}`,
      task: reluTask({ count, width, learningRate: 0.0001, batchSize: 4, seed, momentum: 0.9 }),
    },
  ]);
}

const isRelu = ({ model }: MinimumRecord): boolean => model.startsWith("two-layer-relu");
const familyOf = (record: MinimumRecord): string =>
  isRelu(record) ? "two-layer ReLU" : `${record.model} on ${record.data}`;
const momentumAt = ({ optimizer }: MinimumMeasurement): number =>
  optimizer === undefined || optimizer.kind === "sgd" ? 0 : optimizer.momentum;

/** η/(1 − β) over the threshold of plain SGD. */
const effectiveRatio = (minimum: MinimumMeasurement): Measured =>
  minimum.plainEdgeRatio === undefined ? undefined : minimum.plainEdgeRatio / (1 - momentumAt(minimum));

function judgeFamily(family: string, records: readonly MinimumRecord[], slow: readonly MinimumRecord[]): Acceptance[] {
  const withMomentum = records.filter(({ minimum }) => minimum === undefined || momentumAt(minimum) > 0);
  const driven = minimaOf(withMomentum).filter(isDriven);
  const [hard, other] = [driven.filter(isDrivenHard), driven.filter((record) => !isDrivenHard(record))];
  const strong = (of: readonly MinimumRecord[]): MinimumRecord[] =>
    of.filter(({ minimum }) => momentumAt(minimum!) >= 0.9);
  const starts = (of: readonly MinimumRecord[]): Comparison => ({
    what: "before training, η/η*(B, β) of the start",
    values: of.map(({ startEdgeRatio }) => startEdgeRatio),
  });
  const effective = (of: readonly MinimumRecord[]): Comparison => ({
    what: "the effective rate η/(1 − β) over η* of plain SGD, β = 0.9",
    values: strong(of).map(({ minimum }) => effectiveRatio(minimum!)),
  });
  const excluded = withMomentum.length - driven.length;
  return [
    judge({
      kind: "evidence",
      statement: `${family}: SGD with momentum that starts five times beyond its edge, batches below n/8, stops at it, η/η*(B, β)`,
      samples: samplesByOptimizer(hard),
      band: isRelu(records[0]!) ? [0.85, 1.1] : boundBands.edgeRatio,
      because:
        "the bands of plain SGD. Five times is ours, after seeing that momentum throws convolutional networks past the edge, to 0.6, from nearer",
      excluded,
      controls: [
        starts(hard),
        {
          what: "η over η* of plain SGD, β = 0.9",
          values: strong(hard).map(({ minimum }) => minimum!.plainEdgeRatio),
        },
        ...(slow.length === 0
          ? []
          : [{ what: "rates far below the edge of the start", values: slow.map(({ minimum }) => minimum!.edgeRatio) }]),
      ],
      beside: [effective(hard)],
    }),
    ...(other.length === 0
      ? []
      : [
          judge({
            kind: "evidence",
            statement: `${family}: from nearer, or with larger batches, it stops within it, at it or thrown past it, η/η*(B, β)`,
            samples: samplesByOptimizer(other),
            band: [0, 1.15],
            because: "beyond 1 a minimum is not stable, a theorem; the rest is for the scatter of single paths",
            excluded,
            controls: [starts(other), effective(other)],
            beside: [
              {
                what: "η over η* of plain SGD, β = 0.9",
                values: strong(other).map(({ minimum }) => minimum!.plainEdgeRatio),
              },
            ],
          }),
        ]),
  ];
}

/** Far enough beyond the edge, and noisy enough, to be brought to it slowly: momentum throws the others further. */
const isDrivenHard = ({ startEdgeRatio, batchSize, examples }: MinimumRecord): boolean =>
  startEdgeRatio !== undefined && startEdgeRatio >= 5 && batchSize * 8 < examples;

/** Settings differ by their optimizer as well. */
const samplesByOptimizer = (records: readonly MinimumRecord[]): Sample[] =>
  samplesOf(records, ({ edgeRatio }) => edgeRatio).map((sample, k) => ({
    ...sample,
    setting: `${sample.setting} ${JSON.stringify(records[k]!.minimum!.optimizer)}`,
  }));

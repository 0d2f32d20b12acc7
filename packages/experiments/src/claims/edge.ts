import type { Claim, Figure, Finished, Job, Scope } from "../claim.js";
import { edgeFigure } from "@sgdscope/figures";
import { judge, valuesOf, type Acceptance, type Comparison } from "../judge.js";
import type { MinimumMeasurement, MinimumRecord } from "@sgdscope/training";
import { groupBy } from "../statistics.js";
import { reluFigures } from "./edge-figures.js";
import { boundBands, imageBandSource } from "./image-bands.js";
import { minimaOf, minimumTable, recordsOf } from "./minima.js";
import { isDriven, samplesOf } from "./samples.js";
import {
  fullBatchSeeds,
  fullyConnected,
  imageSeeds,
  imageTask,
  ofPreset,
  reluTask,
  seedsOf,
  smallCnn,
  tinyImageTask,
} from "./settings.js";
import { isSlow, slowImageJobs, slowReluJobs } from "./slow-runs.js";

/** Where SGD of every batch size stops: the exact mean-square threshold; and how sharp that is. */
export const edge: Claim<"training"> = {
  name: "edge",
  title: "SGD that is driven to the edge of mean-square stability stops at it, for every batch size",
  statement:
    "Runs whose learning rate is beyond the edge of their start end at minima of the exact threshold η*(B) = η: λ_max falls with η and rises with B, and from B ≈ n/2 on it is that of gradient descent. Runs with smaller rates stop anywhere within it.",
  source:
    "Mulayoff & Michaeli, COLT 2024 (arXiv:2306.07850): Theorem 3 for η*, equations (15) and (24) for its bounds, Figures 1 and 2 for the law of the batch size. Width, number of examples and start are ours, not theirs.",
  method:
    "Two-layer ReLU networks are trained from common starts with every learning rate and batch size until L < 1e-8, and networks on images until L < 1e-6. At the minimum that was found η* is exact, from the Gram matrix, and so are the bounds (15) and (24) and λ_max. Controls: the same networks before training, rates far below the edge, and λ_max·η/2 in the place of the exact criterion.",
  study: "training",
  jobs: (scope) => [...imageJobs(scope), ...slowImageJobs(scope), ...reluJobs(scope), ...slowReluJobs(scope)],
  judge(finished) {
    const [relu, images] = inFamilies(recordsOf(finished.filter(({ role }) => !isSlow(role))));
    const [slowRelu, slowImages] = inFamilies(slowOf(finished));
    return [...judgeRelu(relu, slowRelu), ...judgeImages(images, slowImages)];
  },
  figures(finished, canvas) {
    const [relu, images] = inFamilies(recordsOf(finished));
    const [driven] = inFamilies(recordsOf(finished.filter(({ role }) => !isSlow(role))));
    const stops = (name: string, where: string, records: MinimumRecord[]): Figure => ({
      name,
      title: `Where SGD stops: ${where}`,
      caption:
        "One mark per run: η over the exact critical learning rate of the minimum where it stopped. Runs whose rate is beyond the edge of their start are driven to 1; the smallest rates, far below it, stop anywhere under it and are drawn as what they are. Filled marks interpolate; hollow ones had not reached a minimum.",
      svg: edgeFigure(records, canvas),
    });
    return [
      ...(images.length > 0 ? [stops("edge-images", "networks on images", images)] : []),
      stops("edge-two-layer-relu", "two-layer ReLU networks", relu),
      ...reluFigures(minimaOf(driven), canvas),
    ];
  },
  table: (finished: readonly Finished<"training">[]) => minimumTable(finished),
};

type Training = Job<"training">;

function reluJobs(scope: Scope): Training[] {
  const { preset } = scope;
  const count = ofPreset(preset, { test: 12, fast: 40, full: 40 });
  const width = ofPreset(preset, { test: 20, fast: 120, full: 120 });
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 9 })).flatMap((seed) =>
    ofPreset(preset, { test: [0.02], fast: [0.01, 0.02, 0.04], full: [0.005, 0.01, 0.02, 0.04, 0.08] }).flatMap(
      (learningRate) =>
        ofPreset(preset, { test: [1, 12], fast: [1, 2, 4, 8, 16, 32, 40], full: [1, 2, 4, 8, 16, 32, 40] }).map(
          (batchSize): Training => ({
            role: "two-layer ReLU",
            task: reluTask({ count, width, learningRate, batchSize, seed }),
          }),
        ),
    ),
  );
}

function imageJobs(scope: Scope): Training[] {
  const { preset, images, seed } = scope;
  if (preset === "test") return [{ role: "images", task: tinyImageTask(0.02, 2, seed) }];
  const count = ofPreset(preset, { test: 16, fast: 100, full: 200 });
  return [smallCnn([8, 16]), fullyConnected([64, 64])].flatMap((model) =>
    ([1, 4, 16, "all"] as const).flatMap((batchSize) => {
      const isLongest = model.kind === "small-cnn" && batchSize === "all";
      const learningRate = isLongest ? 0.08 : batchSize === 16 ? 0.04 : 0.02;
      return seedsOf(scope, isLongest ? fullBatchSeeds(preset) : imageSeeds(preset)).map((each): Training => ({
        role: "images",
        task: imageTask(images, { count, model, learningRate, batchSize, seed: each }),
      }));
    }),
  );
}

/** Two-layer ReLU networks, and networks on images. */
const inFamilies = (records: readonly MinimumRecord[]): [relu: MinimumRecord[], images: MinimumRecord[]] => [
  records.filter(isRelu),
  records.filter((record) => !isRelu(record)),
];

const isRelu = ({ model }: MinimumRecord): boolean => model.startsWith("two-layer-relu");

/** Runs of roles whose learning rate is far below the edge of their start: nothing drives them to it. */
const slowOf = (finished: readonly Finished<"training">[]): MinimumRecord[] =>
  minimaOf(recordsOf(finished.filter(({ role }) => isSlow(role))));

function judgeRelu(records: MinimumRecord[], slow: MinimumRecord[]): Acceptance[] {
  const minima = minimaOf(records);
  const excluded = records.length - minima.length;
  const most = Math.max(...minima.map((record) => record.examples));
  const driven = minima.filter(isDriven);
  const noisy = minima.filter((record) => !record.gradientDescent);
  const ones = driven.filter((record) => record.batchSize === 1);
  const descents = minima.filter((record) => record.gradientDescent);
  const descent = new Map(descents.map((record) => [`${record.learningRate} ${record.seed}`, record]));
  /** λ_max over that of gradient descent with the same η and seed; undefined where that has no minimum. */
  const overDescent = ({ largestEigenvalue }: MinimumMeasurement, record: MinimumRecord): number | undefined => {
    const other = descent.get(`${record.learningRate} ${record.seed}`)?.minimum;
    return other && largestEigenvalue / other.largestEigenvalue;
  };
  const paired = (of: MinimumRecord[]): MinimumRecord[] =>
    of.filter((record) => descent.has(`${record.learningRate} ${record.seed}`));
  const large = paired(noisy.filter((record) => record.batchSize * 5 >= most * 4));
  return [
    judge({
      kind: "evidence",
      statement: "two-layer ReLU: SGD that starts beyond the edge stops at it, η/η*",
      samples: samplesOf(driven, ({ edgeRatio }) => edgeRatio),
      band: [0.85, 1.1],
      because: "the same protocol run with numpy: 0.98 … 1.01, widened for the scatter of single paths",
      excluded,
      controls: [
        { what: "before training, η/η* of the start", values: driven.map(({ startEdgeRatio }) => startEdgeRatio) },
        { what: "rates far below the edge of the start, η/η*", values: slow.map(({ minimum }) => minimum!.edgeRatio) },
        { what: "λ_max·η/2 in the place of η/η*, B = 1", values: ones.map(({ minimum }) => minimum!.descentRatio) },
      ],
    }),
    judge({
      kind: "evidence",
      statement: "two-layer ReLU: SGD that starts anywhere stops within the edge, η/η*",
      samples: samplesOf(minima, ({ edgeRatio }) => edgeRatio),
      band: [0, 1.1],
      because: "beyond 1 a minimum is not stable, a theorem; a tenth for the scatter of single paths",
      excluded,
      controls: [
        {
          what: "minima of gradient descent, asked for batches of one: Tr(G)·η/2, which η/η* is at least",
          values: descents.map(({ minimum, learningRate }) => (minimum!.traceG * learningRate) / 2),
        },
      ],
    }),
    judge({
      kind: "theorem",
      statement: "two-layer ReLU: the bound (24) of single directions never exceeds the exact criterion, ratio to η/η*",
      samples: valuesOf(minima.map(({ minimum }) => minimum!.rankOneRatio / minimum!.edgeRatio)),
      band: [0, 1 + 1e-6],
      because: "a theorem: (24) is necessary",
    }),
    judge({
      kind: "theorem",
      statement: "two-layer ReLU: (15) lies between λ_max and (24)",
      samples: valuesOf(
        minima.map(({ minimum }) =>
          Math.max(
            minimum!.descentRatio / minimum!.topEigenvectorRatio,
            minimum!.topEigenvectorRatio / minimum!.rankOneRatio,
          ),
        ),
      ),
      band: [0, 1 + 1e-6],
      because: "a theorem: each is a special case of the next",
    }),
    ...(large.length === 0
      ? []
      : [
          judge({
            kind: "evidence",
            statement: "two-layer ReLU: large batches (B ≥ 4n/5) end at the λ_max of gradient descent, ratio",
            samples: samplesOf(large, overDescent),
            band: [0.9, 1.1],
            because: "Figure 1b of the paper; a tenth is ours",
            controls: [
              { what: "batches of one", values: paired(ones).map((record) => overDescent(record.minimum!, record)) },
            ],
          }),
        ]),
  ];
}

function judgeImages(records: MinimumRecord[], slow: MinimumRecord[]): Acceptance[] {
  return [...groupBy(records, ({ model }) => model)].map(([model, own]) => {
    const minima = minimaOf(own);
    const driven = minima.filter(isDriven);
    return judge({
      kind: "evidence",
      statement: `${model} on ${own[0]!.data}: runs that start beyond the edge stop at it, η/η*`,
      samples: samplesOf(driven, ({ edgeRatio }) => edgeRatio),
      band: boundBands.edgeRatio,
      because: imageBandSource,
      excluded: own.length - driven.length,
      controls: [
        { what: "before training, η/η* of the start", values: driven.map(({ startEdgeRatio }) => startEdgeRatio) },
        {
          what: "λ_max·η/2 in the place of η/η*, B = 1 and 4",
          values: driven.filter(({ batchSize }) => batchSize <= 4).map(({ minimum }) => minimum!.descentRatio),
        },
        ...comparisonOf("rates far below the edge of the start, η/η*", slow, model, ({ edgeRatio }) => edgeRatio),
      ],
    });
  });
}

/** A control of the runs of that model, or none where it has no such runs. */
function comparisonOf(
  what: string,
  records: readonly MinimumRecord[],
  model: string,
  value: (minimum: MinimumMeasurement) => number,
): Comparison[] {
  const own = records.filter((record) => record.model === model);
  return own.length === 0 ? [] : [{ what, values: own.map(({ minimum }) => value(minimum!)) }];
}

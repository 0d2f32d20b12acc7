import type { ModelConfig } from "@sgdscope/models-cnn";
import type { Claim, Finished, Job, Scope } from "../claim.js";
import { boundFigure } from "@sgdscope/figures";
import { judgeValues, type Acceptance } from "../judge.js";
import { boundClaim } from "../bound-tasks.js";
import type { MinimumRecord } from "@sgdscope/training";
import { groupBy, median } from "../statistics.js";
import { boundBands, imageBandSource } from "./image-bands.js";
import { minimaOf, minimumTable, recordsOf } from "./minima.js";
import { fullyConnected, imageTask, ofPreset, reluTask, seedsOf, smallCnn, tinyImageTask } from "./settings.js";

type Training = Job<"training">;

/** ‖H‖_F of SGD's minima against √B/η, for two-layer ReLU networks and networks on images; gradient descent beside it. */
export const bound: Claim<"training"> = {
  name: boundClaim.name,
  title: "The Frobenius norm of the Hessian stays below √B/η",
  statement: boundClaim.claim,
  source:
    "Wu, Wang & Su, NeurIPS 2022 (arXiv:2207.02628), Theorem 3.3 as restated by Dexter et al.; ‖H‖_F ≤ 2√B/η without an assumption on the alignment is derived here",
  method:
    "SGD and gradient descent train to interpolation over a grid of learning rates and batch sizes: two-layer ReLU networks with a ReLU teacher in Float64, several seeds each, and a fully connected and a convolutional network on images. At the minimum ‖H‖_F = ‖G‖_F and μ are exact from the Gram matrix.",
  study: "training",
  jobs: (scope) => [...imageJobs(scope), ...reluJobs(scope)],
  judge(finished) {
    const models = groupBy(recordsOf(finished), (record) => familyOf(record));
    return [...models].flatMap(([family, records]) => judgeFamily(family, records));
  },
  figures(finished, canvas) {
    const families = groupBy(recordsOf(finished), familyOf);
    return [...families].map(([family, records]) => ({
      name: family === "two-layer ReLU" ? "bound-two-layer-relu" : "bound-images",
      title: `‖H‖_F against √B/η: ${family}`,
      caption:
        "One mark per run. The line is the paper's bound with alignment factor μ = 1, drawn before the data; the norm is that of G, which is H at a minimum; hollow marks had not reached one. Gradient descent (B = n) has no noise and so no such bound: only λ_max ≤ 2/η limits it.",
      svg: boundFigure(records, canvas),
    }));
  },
  table: (finished: readonly Finished<"training">[]) => minimumTable(finished),
};

const familyOf = ({ model }: MinimumRecord): string =>
  model.startsWith("two-layer-relu") ? "two-layer ReLU" : "networks on images";

function reluJobs(scope: Scope): Training[] {
  const { preset } = scope;
  const count = ofPreset(preset, { test: 12, fast: 40, full: 40 });
  const jobs: Training[] = [];
  for (const seed of seedsOf(scope, ofPreset(preset, { test: 1, fast: 3, full: 9 }))) {
    const narrow = { count, width: ofPreset(preset, { test: 20, fast: 60, full: 60 }), seed };
    const wide = { ...narrow, width: ofPreset(preset, { test: 20, fast: 120, full: 120 }) };
    const rates = ofPreset(preset, {
      test: [0.02],
      fast: [0.005, 0.01, 0.02, 0.04],
      full: [0.002, 0.005, 0.01, 0.02, 0.04],
    });
    for (const learningRate of rates)
      for (const batchSize of [1, count])
        jobs.push({ role: "learning rate", task: reluTask({ ...narrow, learningRate, batchSize }) });
    for (const batchSize of ofPreset(preset, { test: [4], fast: [2, 4, 8, 16, 32], full: [1, 2, 4, 8, 16, 32, 40] }))
      jobs.push({ role: "batch size", task: reluTask({ ...wide, learningRate: 0.02, batchSize }) });
  }
  return jobs;
}

function imageJobs(scope: Scope): Training[] {
  const { preset, images, seed } = scope;
  if (preset === "test") return [{ role: "images", task: tinyImageTask(0.02, 2, seed) }];
  const count = ofPreset(preset, { test: 16, fast: 100, full: 200 });
  const of = (
    model: ModelConfig,
    settings: [learningRate: number, batchSize: number | "all"][],
    seeds: number[],
  ): Training[] =>
    seeds.flatMap((each) =>
      settings.map(([learningRate, batchSize]) => ({
        role: "images",
        task: imageTask(images, {
          count,
          model,
          learningRate,
          batchSize,
          seed: each,
        }),
      })),
    );
  const seeds = seedsOf(scope, ofPreset(preset, { test: 1, fast: 1, full: 3 }));
  // The longest runs go first, so that the workers end together.
  if (preset === "fast")
    return [
      ...of(
        smallCnn([8, 16]),
        [
          [0.08, "all"],
          [0.02, 1],
          [0.02, 4],
          [0.04, 4],
          [0.04, 16],
        ],
        seeds,
      ),
      ...of(
        fullyConnected([64, 64]),
        [
          [0.02, 1],
          [0.01, 4],
          [0.02, 4],
          [0.04, 4],
          [0.02, 16],
          [0.04, 16],
          [0.02, "all"],
        ],
        seeds,
      ),
    ];
  const grid: [number, number | "all"][] = [0.01, 0.02, 0.04].flatMap((rate) =>
    [1, 4, 16, "all" as const].map((batch): [number, number | "all"] => [rate, batch]),
  );
  return [
    ...of(
      smallCnn([16, 32]),
      [[0.16, "all"], ...grid.filter(([rate, batch]) => rate > 0.01 && batch !== "all")],
      seeds,
    ),
    ...of(
      fullyConnected([64, 64]),
      grid.filter(([rate, batch]) => rate > 0.01 || batch !== 1),
      seeds,
    ),
    ...of(
      fullyConnected([256, 256]),
      [
        [0.02, 1],
        [0.02, 4],
        [0.02, 16],
        [0.02, "all"],
      ],
      seeds,
    ),
  ];
}

function judgeFamily(family: string, records: MinimumRecord[]): Acceptance[] {
  const minima = minimaOf(records);
  const noisy = minima.filter((record) => !record.gradientDescent);
  const stable = noisy.filter((record) => record.minimum!.edgeRatio <= 1);
  const descent = minima.filter((record) => record.gradientDescent);
  const medians = (of: MinimumRecord[], value: (record: MinimumRecord) => number | undefined): (number | undefined)[] =>
    [...groupBy(of, ({ model, learningRate, batchSize }) => `${model} ${learningRate} ${batchSize}`).values()].map(
      (group) => median(group.map(value).filter((each) => each !== undefined)),
    );
  return [
    judgeValues(
      `${family}: the bound with the measured alignment holds, ‖H‖_F·η·√(pμ) ≤ 1 (median of each setting)`,
      medians(noisy, (record) => record.minimum!.frobeniusRatio),
      boundBands.frobeniusRatio,
      "Theorem 3.3 with the measured μ for μ₀",
      noisy.length,
    ),
    ...(stable.length === 0
      ? []
      : [
          judgeValues(
            `${family}: ‖H‖_F·η·√p ≤ 2, which needs no alignment`,
            stable.map(
              ({ minimum, learningRate }) => minimum!.frobeniusG * learningRate * Math.sqrt(minimum!.samplingFactor),
            ),
            [0, 2],
            "a theorem, derived here, for every stable minimum (η ≤ η*); judged on those",
          ),
        ]),
    judgeValues(
      `${family}: μ is of order 1 at the minimum (median of each setting)`,
      medians(noisy, (record) => record.minimum!.alignmentFactor),
      boundBands.alignmentFactor,
      imageBandSource,
      noisy.length,
    ),
    judgeValues(
      `${family}: gradient descent obeys λ_max·η/2 ≤ 1`,
      descent.map((record) => record.minimum!.descentRatio),
      [0, 1.1],
      "2/η, and a tenth for the oscillation of a finite step at the edge",
    ),
    ...(minima.some((record) => record.minimum!.frobeniusH !== undefined)
      ? [
          judgeValues(
            `${family}: H is G at the minimum, |‖H‖_F − ‖G‖_F| within 2 % and four standard errors`,
            minima.map(({ minimum }) => {
              const norm = minimum!.frobeniusH;
              if (norm === undefined) return undefined;
              const { frobeniusG } = minimum!;
              return Math.abs(norm.value - frobeniusG) / (0.02 * frobeniusG + 4 * norm.standardError);
            }),
            [0, 1],
            "residuals vanish at a minimum; four standard errors of the estimate from Hessian-vector products",
          ),
        ]
      : []),
    judgeValues(
      `${family}: the sharpest minimum of gradient descent exceeds √B/η of batches of one`,
      [Math.max(...descent.map((record) => record.minimum!.frobeniusG * record.learningRate))],
      [1, Infinity],
      "the bound of SGD with B = 1 and μ = 1",
      descent.length,
    ),
  ];
}

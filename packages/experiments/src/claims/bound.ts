import type { ModelConfig } from "@sgdscope/models-cnn";
import type { Claim, Finished, Job, Scope } from "../claim.js";
import { boundFigure } from "@sgdscope/figures";
import { judge, valuesOf, type Acceptance } from "../judge.js";
import { boundClaim } from "../bound-tasks.js";
import type { MinimumRecord } from "@sgdscope/training";
import { groupBy } from "../statistics.js";
import { boundBands, imageBandSource, measuredBoundSource } from "./image-bands.js";
import { minimaOf, minimumTable, recordsOf } from "./minima.js";
import { frobeniusRatioAtStart, isDriven, isotropicAtEnd, samplesOf, startOf } from "./samples.js";
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

type Training = Job<"training">;

/** ‖H‖_F of SGD's minima against √B/η, for two-layer ReLU networks and networks on images; gradient descent beside it. */
export const bound: Claim<"training"> = {
  name: boundClaim.name,
  title: "Where SGD was driven to the edge, the Frobenius norm of the Hessian is of order √B/η",
  statement: boundClaim.claim,
  source:
    "Wu, Wang & Su, NeurIPS 2022 (arXiv:2207.02628), Theorem 3.3 as restated by Dexter et al.; ‖H‖_F ≤ 2√B/η without an assumption on the alignment is derived here",
  method:
    "SGD and gradient descent train to interpolation over a grid of learning rates and batch sizes: two-layer ReLU networks with a ReLU teacher in Float64, several seeds each, and a fully connected and a convolutional network on images. At the minimum ‖H‖_F = ‖G‖_F, μ and inf μ are exact from the Gram matrix. The theorem needs inf μ; with the measured μ the bound is a heuristic, and μ of order 1 is a fact about runs that were driven to the edge: rates far below it are drawn beside.",
  study: "training",
  jobs: (scope) => [...imageJobs(scope), ...slowImageJobs(scope), ...reluJobs(scope), ...slowReluJobs(scope)],
  judge(finished) {
    const models = groupBy(recordsOf(finished.filter(({ role }) => !isSlow(role))), familyOf);
    const slow = groupBy(minimaOf(recordsOf(finished.filter(({ role }) => isSlow(role)))), familyOf);
    return [...models].flatMap(([family, records]) => judgeFamily(family, records, slow.get(family) ?? []));
  },
  figures(finished, canvas) {
    const families = groupBy(recordsOf(finished), familyOf);
    return [...families].map(([family, records]) => ({
      name: family === "two-layer ReLU" ? "bound-two-layer-relu" : "bound-images",
      title: `‖H‖_F against √B/η: ${family}`,
      caption:
        "One mark per run. The line is what the paper's bound would be with alignment factor μ = 1, drawn before the data: a heuristic, for the theorem needs inf μ; the norm is that of G, which is H at a minimum; hollow marks had not reached one. Gradient descent (B = n) has no noise and so no such bound: only λ_max ≤ 2/η limits it.",
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
  for (const seed of seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 9 }))) {
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
  const seeds = seedsOf(scope, imageSeeds(preset));
  // The longest runs go first, so that the workers end together.
  if (preset === "fast")
    return [
      ...of(smallCnn([8, 16]), [[0.08, "all"]], seedsOf(scope, fullBatchSeeds(preset))),
      ...of(
        smallCnn([8, 16]),
        [
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

function judgeFamily(family: string, records: MinimumRecord[], slow: MinimumRecord[]): Acceptance[] {
  const minima = minimaOf(records);
  const excluded = records.length - minima.length;
  const noisy = minima.filter((record) => !record.gradientDescent);
  const driven = noisy.filter(isDriven);
  const descent = minima.filter((record) => record.gradientDescent);
  const stable = minima
    .concat(slow)
    .filter(({ gradientDescent, minimum }) => !gradientDescent && !(minimum!.edgeRatio > 1));
  const relu = family === "two-layer ReLU";
  const slowFactors = { what: "rates far below the edge of the start", values: factorsOf(slow) };
  /** ‖G‖_F·η, with which √B/η of batches of one is exceeded beyond 1. */
  const normOf = (own: readonly MinimumRecord[]): number[] =>
    own.map(({ minimum, learningRate }) => minimum!.frobeniusG * learningRate);
  return [
    judge({
      kind: "theorem",
      statement: `${family}: the bound with inf μ holds at every stable minimum, ‖H‖_F·η·√(p·inf μ) ≤ 1`,
      samples: valuesOf(
        stable.map(({ minimum, learningRate }) =>
          Number.isNaN(minimum!.edgeRatio)
            ? undefined
            : minimum!.frobeniusG * learningRate * Math.sqrt(minimum!.samplingFactor * minimum!.alignmentRange[0]),
        ),
      ),
      band: [0, 1 + 1e-9],
      because: "Theorem 3.3, with the least μ of any realizable residuals, exact at each minimum (η ≤ η*)",
    }),
    judge({
      kind: "heuristic",
      statement: `${family}: the bound with the measured μ is obeyed, ‖H‖_F·η·√(pμ) ≤ 1`,
      samples: samplesOf(noisy, ({ frobeniusRatio }) => frobeniusRatio),
      band: boundBands.frobeniusRatio,
      because: measuredBoundSource,
      excluded,
      controls: [
        { what: "before training", values: noisy.map(frobeniusRatioAtStart) },
        {
          what: "minima of gradient descent, asked for batches of one",
          values: descent.map(({ minimum, learningRate }) =>
            minimum!.alignmentFactor === undefined
              ? undefined
              : minimum!.frobeniusG * learningRate * Math.sqrt(minimum!.alignmentFactor),
          ),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement: `${family}: μ is of order 1 where SGD was driven to the edge`,
      samples: samplesOf(driven, ({ alignmentFactor }, { startEdgeRatio }) =>
        Number.isNaN(startEdgeRatio) ? undefined : alignmentFactor,
      ),
      band: boundBands.alignmentFactor,
      because: imageBandSource,
      excluded,
      controls: [
        { what: "isotropic noise of the same strength", values: driven.map(isotropicAtEnd) },
        // Two-layer ReLU networks with fixed targets keep their alignment at any rate.
        ...(relu || slow.length === 0 ? [] : [slowFactors]),
      ],
      beside: [
        { what: "before training", values: driven.map((record) => startOf(record)?.alignmentFactor) },
        { what: "minima of gradient descent", values: factorsOf(descent) },
        ...(relu ? [slowFactors] : []),
      ],
    }),
    judge({
      kind: "evidence",
      statement: `${family}: gradient descent obeys λ_max·η/2 ≤ 1`,
      samples: samplesOf(descent, ({ descentRatio }) => descentRatio),
      band: [0, 1.1],
      because: "2/η, and a tenth for the oscillation of a finite step at the edge",
      controls: [
        {
          what: "before training, of those that start beyond the edge",
          values: descent.filter(isDriven).map(({ startEdgeRatio }) => startEdgeRatio),
        },
      ],
    }),
    ...(minima.some((record) => record.minimum!.frobeniusH !== undefined)
      ? [
          judge({
            kind: "identity",
            statement: `${family}: H is G at the minimum, |‖H‖_F − ‖G‖_F| within 2 % and four standard errors`,
            samples: valuesOf(
              minima.map(({ minimum }) => {
                const norm = minimum!.frobeniusH;
                if (norm === undefined) return undefined;
                const { frobeniusG } = minimum!;
                return Math.abs(norm.value - frobeniusG) / (0.02 * frobeniusG + 4 * norm.standardError);
              }),
            ),
            band: [0, 1],
            because: "residuals vanish at a minimum; four standard errors of the estimate from Hessian-vector products",
          }),
        ]
      : []),
    judge({
      kind: "evidence",
      statement: `${family}: the sharpest minimum of gradient descent exceeds √B/η of batches of one`,
      samples: valuesOf(descent.length === 0 ? [] : [Math.max(...normOf(descent))]),
      band: [1, Infinity],
      because: "the bound of SGD with B = 1 and μ = 1",
      controls: [{ what: "batches of one", values: normOf(noisy.filter(({ batchSize }) => batchSize === 1)) }],
    }),
  ];
}

const factorsOf = (records: readonly MinimumRecord[]): (number | undefined)[] =>
  records.map(({ minimum }) => minimum!.alignmentFactor);

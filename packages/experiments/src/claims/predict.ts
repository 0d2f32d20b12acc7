import { chart, type Canvas } from "@sgdscope/figures";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { Claim, Figure, Finished, Job, Scope } from "../claim.js";
import { judge, type Acceptance, type Comparison } from "../judge.js";
import { groupBy } from "../statistics.js";
import { trialDefaults, trialsOf, type PredictionTask, type Trial } from "../study/prediction.js";
import { cell } from "./minima.js";
import { fullyConnected, imageTask, ofPreset, reluTask, seedsOf, smallCnn, tinyImageTask } from "./settings.js";

/** Which settings stay at a minimum and which leave it: said first, run then. */
export const predict: Claim<"prediction"> = {
  name: "predict",
  title: "Which learning rates, batch sizes and momenta stay at a minimum is known before they are run",
  statement:
    "At a minimum that some training found, the exact criterion says of other (η, B, β) whether they stay or leave; run from there, at least 95 % of those beyond 10 % of the edge do as it said. The edge of full-batch training, that of plain SGD and the effective rate do not say it.",
  source:
    "The criterion: Ma & Ying, NeurIPS 2021; Mulayoff & Michaeli, COLT 2024 (arXiv:2306.07850); with momentum derived here. The experiment is ours; of switching from one minimum to other settings Wu, Ma & E, NeurIPS 2018, is the model.",
  method:
    "Networks of three kinds are trained to a minimum with various learning rates and batch sizes. From there, moved by 1e-4 of their norm, they are trained on with other settings at fractions and multiples of η*(B, β): those whose loss climbs above a hundred times where it began have left. Controls: what rules of thumb would have said of the same runs.",
  study: "prediction",
  jobs: (scope) => [...reluJobs(scope), ...imageJobs(scope)],
  judge: (finished) => judgeTrials(finished),
  figures: (finished, canvas) => [outcomes(finished, canvas)],
  table: (finished) => ({
    title: "Every run; misses first",
    headings: [
      "network",
      "seed",
      "optimizer",
      "B",
      "η",
      "η/η*",
      "log ρ",
      "said",
      "did",
      "largest L/L₀",
      "steps",
      "as said",
    ],
    left: [0, 2, 7, 8, 11],
    rows: finished
      .flatMap(({ role, task, records }) =>
        trialsOf(records).map((trial) => ({ role, seed: task.start.seed, trial, missed: isMiss(trial) })),
      )
      .sort((a, b) => Number(b.missed) - Number(a.missed))
      .map(({ role, seed, trial, missed }) => [
        role,
        String(seed),
        optimizerLabel(trial.optimizer),
        String(trial.batchSize),
        cell(trial.learningRate),
        cell(trial.edgeRatio),
        cell(trial.growthRate),
        trial.predicted,
        trial.observed,
        cell(trial.largestRatio, 2),
        String(trial.steps),
        missed ? (isJudged(trial) ? "no" : "no, within 10 % of the edge") : "yes",
      ]),
  }),
};

const optimizerLabel = (optimizer: Optimizer): string =>
  optimizer.kind === "sgd" ? "SGD" : `${optimizer.kind} ${optimizer.momentum}`;

const isMiss = ({ predicted, observed }: Trial): boolean => predicted !== observed;

/** Within a tenth of the edge the long run is too long to wait for. */
const isJudged = ({ edgeRatio }: Trial): boolean => Math.abs(edgeRatio - 1) > 0.1 + 1e-9;

function reluJobs(scope: Scope): Job<"prediction">[] {
  const { preset } = scope;
  const count = ofPreset(preset, { test: 12, fast: 20, full: 40 });
  const width = ofPreset(preset, { test: 20, fast: 60, full: 120 });
  const starts = [
    [0.02, 1],
    [0.01, 4],
    [0.04, 16],
    [0.02, count],
  ] as const;
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 12, full: 24 })).map((seed, k) => {
    const [learningRate, batchSize] = starts[k % starts.length]!;
    return {
      role: "two-layer ReLU",
      task: taskOf(reluTask({ count, width, learningRate, batchSize, seed, startThreshold: false }), scope),
    };
  });
}

function imageJobs(scope: Scope): Job<"prediction">[] {
  const { preset, images, seed } = scope;
  if (preset === "test") return [{ role: "fully connected", task: taskOf(tinyImageTask(0.02, 2, seed), scope) }];
  const starts = [
    [0.02, 4],
    [0.04, 16],
    [0.02, "all"],
  ] as const;
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 4, full: 9 })).flatMap((each, k) =>
    [fullyConnected([64, 64]), smallCnn([8, 16])].map((model): Job<"prediction"> => {
      const [learningRate, batchSize] = starts[k % starts.length]!;
      const start = imageTask(images, {
        ...{ count: ofPreset(preset, { test: 16, fast: 24, full: 100 }), model, learningRate, batchSize, seed: each },
        ...{ warmUp: 100, hessianProducts: 0, alignmentAt: [], startThreshold: false },
      });
      return { role: model.kind === "small-cnn" ? "convolutional" : "fully connected", task: taskOf(start, scope) };
    }),
  );
}

function taskOf(start: PredictionTask["start"], { preset }: Scope): PredictionTask {
  const sgd: Optimizer = { kind: "sgd" };
  const heavyBall: Optimizer = { kind: "heavy-ball", momentum: 0.9 };
  const all: PredictionTask["settings"] = [
    { batchSize: 1, optimizer: sgd },
    { batchSize: 8, optimizer: sgd },
    { batchSize: 4, optimizer: heavyBall },
    { batchSize: "all", optimizer: heavyBall },
    { batchSize: 8, optimizer: { kind: "nesterov", momentum: 0.9 } },
    { batchSize: "all", optimizer: sgd },
  ];
  return {
    start,
    settings: ofPreset(preset, { test: all.slice(1, 3), fast: all.slice(0, 4), full: all }),
    multiples: ofPreset(preset, { test: [0.5, 1.5], fast: [0.5, 0.85, 1.25, 2], full: [0.5, 0.8, 0.9, 1.1, 1.25, 2] }),
    ...trialDefaults,
    steps: ofPreset(preset, { test: 400, fast: start.model.kind === "two-layer-relu" ? 1000 : 700, full: 6000 }),
  };
}

const rules = {
  fullBatch: "the edge of full-batch training",
  plainSgd: "the edge of plain SGD, of runs with momentum",
  effectiveRate: "the effective rate η/(1 − β), of runs with momentum",
} as const;

function judgeTrials(finished: readonly Finished<"prediction">[]): Acceptance[] {
  const trials = finished.flatMap(({ role, task, records }) =>
    trialsOf(records).map((trial) => ({ family: role, seed: task.start.seed, trial })),
  );
  const judged = trials.filter(({ trial }) => isJudged(trial));
  const share = (of: readonly { trial: Trial }[], right: (trial: Trial) => boolean): number =>
    of.filter(({ trial }) => right(trial)).length / of.length;
  const byRule = (key: keyof typeof rules) => (trial: Trial) =>
    (trial.ratios[key] < 1 ? "stays" : "leaves") === trial.observed;
  const withMomentum = judged.filter(({ trial }) => trial.optimizer.kind !== "sgd");
  const comparison = (key: keyof typeof rules): Comparison => {
    const own = key === "fullBatch" ? judged : withMomentum;
    return { what: rules[key], values: own.length === 0 ? [] : [share(own, byRule(key))] };
  };
  return [
    judge({
      kind: "evidence",
      statement: `the exact criterion says what ${judged.length} runs at ${finished.length} minima do, share that did so`,
      samples: [...groupBy(judged, ({ family }) => family)].map(([setting, own]) => ({
        value: share(own, (trial) => !isMiss(trial)),
        setting,
      })),
      band: [0.95, 1],
      because: "ours: one run in twenty may be a rare path, or slower to leave than it was watched",
      excluded: trials.length - judged.length,
      controls: [comparison("fullBatch"), comparison("plainSgd"), comparison("effectiveRate")],
    }),
    judge({
      kind: "evidence",
      statement:
        "runs that should stay keep their loss, runs that should leave multiply it: median of the largest L/L₀, below the edge",
      samples: [
        ...groupBy(
          judged.filter(({ trial }) => trial.predicted === "stays"),
          ({ family }) => family,
        ),
      ].flatMap(([setting, own]) => own.map(({ trial, seed }) => ({ value: trial.largestRatio, setting, seed }))),
      band: [0, 10],
      because: "ours: ten times the first loss, the transient growth of momentum included",
      controls: [
        {
          what: "runs above the edge",
          values: judged.filter(({ trial }) => trial.predicted === "leaves").map(({ trial }) => trial.largestRatio),
        },
      ],
    }),
  ];
}

function outcomes(finished: readonly Finished<"prediction">[], canvas: Canvas): Figure {
  const families = groupBy(
    finished.flatMap(({ role, records }) => trialsOf(records).map((trial) => ({ role, trial }))),
    ({ role }) => role,
  );
  return {
    name: "outcomes",
    title: "Said before it was run: what stays below the line 1 and what leaves above it",
    caption:
      "One mark per run: η over the exact threshold of the minimum it began at, and how far its loss climbed within the steps it was watched. Below 1 nothing climbs; above 1 the loss climbs above a hundred times where it began, where the run was ended.",
    svg: chart(
      {
        description: "How far the loss climbs over η/η*: nothing below 1, beyond a hundredfold above.",
        predictions: [
          {
            label: "the exact edge",
            points: [
              { x: 1, y: 1 },
              { x: 1, y: 1e9 },
            ],
          },
        ],
        x: {
          label: "η/η*(B, β)",
          type: "log",
          ticks: [0.5, 0.85, 1, 1.25, 2],
        },
        y: { label: "largest loss / first loss", type: "log" },
        series: [...families].map(([label, own]) => ({
          label,
          line: false,
          points: own.map(({ trial }) => ({ x: trial.edgeRatio, y: Math.min(trial.largestRatio, 1e9) })),
        })),
      },
      canvas,
    ),
  };
}

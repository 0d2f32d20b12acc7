import { chart, type Canvas } from "@sgdscope/figures";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { Claim, Figure, Finished } from "../claim.js";
import { judge, type Acceptance, type Comparison } from "../judge.js";
import { groupBy } from "../statistics.js";
import { trialsOf, type Trial } from "../study/prediction.js";
import { cell } from "./minima.js";
import { predictJobs } from "./predict-jobs.js";

/** Which settings stay at a minimum and which leave it: said first, run then. */
export const predict: Claim<"prediction"> = {
  name: "predict",
  title: "Which learning rates, batch sizes and momenta stay at a minimum is known before they are run",
  statement:
    "At a minimum that some training found, the exact criterion says of other (η, B, β) whether they stay or leave; run from there, at least 95 % of those beyond 10 % of the edge do as it said, with the square loss and where cross-entropy or the logistic loss fits smoothed labels. The edge of full-batch training, that of plain SGD and the effective rate do not say it.",
  source:
    "The criterion: Ma & Ying, NeurIPS 2021; Mulayoff & Michaeli, COLT 2024 (arXiv:2306.07850); with momentum derived here. The experiment is ours; of switching from one minimum to other settings Wu, Ma & E, NeurIPS 2018, is the model.",
  method:
    "Networks of three kinds are trained to a minimum with various learning rates and batch sizes. From there, moved by 1e-4 of their norm, they are trained on with other settings at fractions and multiples of η*(B, β): those whose loss climbs above a hundred times where it began have left. Smoothed labels are fitted exactly too, and there the loss is that over their entropy. Controls: what rules of thumb would have said of the same runs.",
  study: "prediction",
  jobs: predictJobs,
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

const rules = {
  fullBatch: "the edge of full-batch training",
  plainSgd: "the edge of plain SGD, of runs with momentum",
  effectiveRate: "the effective rate η/(1 − β), of runs with momentum",
} as const;

type Tried = { family: string; seed: number; interpolates: boolean; trial: Trial };

function judgeTrials(finished: readonly Finished<"prediction">[]): Acceptance[] {
  const isSquare = ({ task }: Finished<"prediction">): boolean => (task.start.loss ?? "square") === "square";
  const square = finished.filter(isSquare);
  const soft = finished.filter((one) => !isSquare(one));
  const ofSquare = triedOf(square);
  const judged = ofSquare.filter(({ trial }) => isJudged(trial));
  return [
    judge({
      kind: "evidence",
      statement: `the exact criterion says what ${judged.length} runs at ${square.length} minima do, share that did so`,
      samples: sharesOf(judged),
      band: [0.95, 1],
      because: "ours: one run in twenty may be a rare path, or slower to leave than it was watched",
      excluded: ofSquare.length - judged.length,
      controls: rulesOf(judged),
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
    judgeSoft(triedOf(soft), soft.length),
  ];
}

/** The same of losses that fit smoothed labels. Their networks are few, so that all kinds are judged together, and shown each. */
function judgeSoft(tried: readonly Tried[], minima: number): Acceptance {
  const judged = tried.filter(({ trial, interpolates }) => interpolates && isJudged(trial));
  const shares = sharesOf(judged);
  return judge({
    kind: "evidence",
    statement: `where cross-entropy and the logistic loss fit smoothed labels, the exact criterion says what ${judged.length} runs at ${minima} minima do, share that did so`,
    samples: [{ value: judged.length === 0 ? undefined : share(judged, (trial) => !isMiss(trial)) }],
    band: [0.95, 1],
    because: "that of the square loss, over the networks of all kinds together",
    excluded: tried.length - judged.length,
    controls: rulesOf(judged),
    beside: shares.map(({ value, setting }) => ({ what: setting, values: [value] })),
  });
}

const triedOf = (finished: readonly Finished<"prediction">[]): Tried[] =>
  finished.flatMap(({ role, task, records }) => {
    const interpolates = records.every((record) => record.part !== "minimum" || record.interpolates);
    return trialsOf(records).map((trial) => ({ family: role, seed: task.start.seed, interpolates, trial }));
  });

const share = (of: readonly Tried[], right: (trial: Trial) => boolean): number =>
  of.filter(({ trial }) => right(trial)).length / of.length;

/** The share that did as said, of each kind of network. */
const sharesOf = (judged: readonly Tried[]): { value: number; setting: string }[] =>
  [...groupBy(judged, ({ family }) => family)].map(([setting, own]) => ({
    value: share(own, (trial) => !isMiss(trial)),
    setting,
  }));

/** What rules of thumb would have said of the same runs, the share that did so. */
function rulesOf(judged: readonly Tried[]): Comparison[] {
  const withMomentum = judged.filter(({ trial }) => trial.optimizer.kind !== "sgd");
  return (Object.keys(rules) as (keyof typeof rules)[]).map((key) => {
    const own = key === "fullBatch" ? judged : withMomentum;
    const said = (trial: Trial): boolean => (trial.ratios[key] < 1 ? "stays" : "leaves") === trial.observed;
    return { what: rules[key], values: own.length === 0 ? [] : [share(own, said)] };
  });
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
      "One mark per run: η over the exact threshold of the minimum it began at, and how far its loss, of smoothed labels its excess over their entropy, climbed within the steps it was watched. Below 1 nothing climbs; above 1 the loss climbs above a hundred times where it began, where the run was ended.",
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
        y: { label: "largest / first loss, of smoothed labels excess loss", type: "log" },
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

import { boltzmannVariance, diffusionPeak } from "@sgdscope/models-rfm/deep-linear";
import type { Claim, Finished, Job, Scope } from "../claim.js";
import { judge, type Acceptance, type Measured, type Sample } from "../judge.js";
import { groupBy, median } from "../statistics.js";
import type { ModeTrainingRecord } from "../study/mode-training.js";
import type { ModeWalkRecord } from "../study/mode-walks.js";
import type { StaircaseRecord } from "../study/staircase.js";
import { cell } from "./minima.js";
import { saddleFigures } from "./saddle-figures.js";
import { ofPreset, seedsOf } from "./settings.js";

type Saddles = "saddles";

/** SGD on deep linear networks from small starts: an equation per mode, and the authors' own case. */
export const saddleToSaddle: Claim<Saddles> = {
  name: "saddle-to-saddle",
  title:
    "Each mode of a deep linear network obeys an equation of its own; label noise holds it below its target and can undo it",
  statement:
    "From a small balanced start each mode of a deep linear network diffuses as its equation says, most at w/s = (2L − 2)/(3L − 2), before it is learned, and arrives when gradient flow does. Label noise leaves it below its target, where the stationary law says; with two layers a mode whose noise is beyond η(2s² + σ²)/B = 2s dies out, though gradient flow learns it. In the authors' own case SGD goes from saddle to saddle where the start is small. What diffuses there is the examples' residual of the features not yet learned, ten times the label noise that is left at the end; the diffusion of the whole network is greatest about when the first feature is learned.",
  source:
    "Corlouer, Semler, Strang & Gietelink Oldenziel (arXiv:2604.06366): its abstract, slides and code, whose settings the last part has; the text was not available. The equation of a mode, its peaks, its stationary law and where it dies out are derived here.",
  method:
    "Deep linear networks of two to four layers on fresh Gaussian examples, three modes each; what a step does to each mode is measured on 200 fresh examples along the way. Chains of one mode with label noise, at rest and from nearly nothing. The authors' case: rank four, singular values 100 to 70, width 10, three hidden layers, 20 whitened examples, label noise 1, B = 1, η = 1e-4 for the mean of squares, weights of variance width^−2, and for a control width^−1. Controls: another depth, completion, gradient flow, Boltzmann's limit.",
  study: "saddles",
  jobs,
  judge: judgeSaddles,
  figures: saddleFigures,
  table: (finished) => ({
    title: "Modes and runs",
    headings: [
      "of",
      "layers",
      "s",
      "σ²",
      "seed",
      "peak w/s",
      "noise/equation",
      "time/flow",
      "mean/law",
      "variance/law",
      "growth",
      "by equation",
      "saddles",
    ],
    left: [0],
    rows: [
      ...trainingsOf(finished).map((one) => [
        ...["network", String(one.depth), cell(one.target), "0", String(one.seed)],
        ...[one.peak, one.noiseRatio, over(one.time, one.flowTime)].map((x) => cell(x)),
        ...["–", "–", "–", "–", "–"],
      ]),
      ...walksOf(finished).map((one) => [
        ...[one.part === "rest" ? "mode at rest" : "mode from nothing", String(one.depth), cell(one.target)],
        ...[cell(one.noiseVariance), String(one.seed), "–", "–", "–"],
        ...[over(one.mean, one.lawMean), over(one.variance, one.lawVariance)].map((x) => cell(x)),
        ...[one.growthRate ?? NaN, one.equationRate ?? NaN].map((x) => cell(x)),
        "–",
      ]),
      ...staircasesOf(finished).map((run) => [
        ...[`authors' case, γ = ${run[0]!.smallness}`, "4", "100 … 70", "1", String(run[0]!.seed)],
        ...["–", "–", "–", "–", "–", "–", "–", cell(saddlesVisited(run))],
      ]),
    ],
  }),
};

const over = (value: Measured, by: Measured): number =>
  typeof value === "number" && typeof by === "number" ? value / by : NaN;
const recordsOf = (finished: readonly Finished<Saddles>[]) => finished.flatMap(({ records }) => records);
const trainingsOf = (finished: readonly Finished<Saddles>[]): ModeTrainingRecord[] =>
  recordsOf(finished).filter((one) => one.part === "training");
const walksOf = (finished: readonly Finished<Saddles>[]): ModeWalkRecord[] =>
  recordsOf(finished).filter((one): one is ModeWalkRecord => one.part === "rest" || one.part === "growth");
const staircasesOf = (finished: readonly Finished<Saddles>[]): StaircaseRecord[][] =>
  finished.map(({ records }) => records.filter((one) => one.part === "staircase")).filter(({ length }) => length > 0);

/** How many features are learned where each is learned or not begun; undefined in between, NaN where a mode is not known. */
function learnedAt({ modes, targets }: StaircaseRecord): number | undefined {
  if (modes.some((w) => !Number.isFinite(w))) return NaN;
  const learned = modes.filter((w, a) => w > 0.8 * targets[a]!).length;
  const open = modes.filter((w, a) => w < 0.3 * targets[a]!).length;
  return learned + open === targets.length ? learned : undefined;
}
const momentsAt = (run: readonly StaircaseRecord[], learned: number): StaircaseRecord[] =>
  run.filter((one) => learnedAt(one) === learned);
/** How many of the saddles between the first and the last feature a run is seen at. */
function saddlesVisited(run: readonly StaircaseRecord[]): number {
  const all = run[0]!.targets.length;
  const seen = run.map(learnedAt);
  if (seen.some(Number.isNaN)) return NaN;
  return Array.from({ length: all - 1 }, (_, k) => k + 1).filter((k) => seen.includes(k)).length;
}
const diffusionAt = (run: readonly StaircaseRecord[], learned: number): number =>
  median(momentsAt(run, learned).map(({ diffusion }) => diffusion)) ?? NaN;
/** Whether a run was seen there, or may have been: a run with an unknown mode stays in. */
const isSeenAt = (run: readonly StaircaseRecord[], missing: number): boolean =>
  run.some((one) => Number.isNaN(learnedAt(one))) || momentsAt(run, run[0]!.targets.length - missing).length > 0;
/** When the diffusion is greatest, over when that many features are learned. */
function peakOver(run: readonly StaircaseRecord[], features: number): number {
  const { targets } = run[0]!;
  if (run.some(({ diffusion }) => !Number.isFinite(diffusion))) return NaN;
  const peak = run.reduce((most, one) => (one.diffusion > most.diffusion ? one : most));
  const done = run.find(({ modes }) => modes.filter((w, a) => w > 0.95 * targets[a]!).length >= features);
  return over(peak.step, done?.step);
}

const authors = {
  ...{ width: 10, hiddenLayers: 3, examples: 20, targets: [100, 90, 80, 70], labelNoise: 1, learningRate: 1e-4 },
  every: 100,
};

function jobs(scope: Scope): Job<Saddles>[] {
  const { preset } = scope;
  const isTest = preset === "test";
  const few = <T>(list: T[]): T[] => (isTest ? list.slice(0, 1) : list);
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 11 })).flatMap((seed): Job<Saddles>[] => [
    ...few([
      { depth: 2, initial: 1e-3, steps: 30_000 },
      { depth: 3, initial: 1e-2, steps: 28_000 },
      { depth: 4, initial: 0.02, steps: 26_000 },
    ]).map(({ depth, initial, steps }): Job<Saddles> => ({
      role: "training",
      task: {
        ...({ part: "training", depth, initial, seed } as const),
        ...(isTest
          ? { targets: [3, 2], learningRate: 2e-3, steps: 2500, every: 50, probes: 20 }
          : {
              targets: [3, 2, 1],
              learningRate: 2e-4,
              steps,
              every: 100,
              probes: ofPreset(preset, { test: 20, fast: 200, full: 1000 }),
            }),
      },
    })),
    ...few([
      [2, 0.01, 60],
      [2, 0.01, 30],
      [3, 0.01, 20],
      [4, 0.003, 20],
    ]).map(([depth, learningRate, noiseVariance]): Job<Saddles> => ({
      role: "rest",
      task: {
        ...({
          part: "rest",
          depth: depth!,
          target: 1,
          learningRate: learningRate!,
          noiseVariance: noiseVariance!,
        } as const),
        ...{ steps: ofPreset(preset, { test: 20_000, fast: 1_000_000, full: 10_000_000 }), paths: 1, seed },
      },
    })),
    ...(isTest ? [2] : [0.5, 1.5, 2]).map((multiple): Job<Saddles> => ({
      role: "growth",
      task: {
        ...({ part: "growth", depth: 2, target: 1, learningRate: 0.002 } as const),
        // T(2s² + σ²) = 2s·multiple.
        ...{ noiseVariance: Math.round((2 * multiple) / 0.002 - 2), steps: 1000 },
        ...{ paths: ofPreset(preset, { test: 50, fast: 1000, full: 10_000 }), seed },
      },
    })),
    ...[2, 1].map((smallness): Job<Saddles> => ({
      role: "authors",
      task: { ...({ part: "staircase" } as const), ...authors, smallness, steps: isTest ? 12_000 : 30_000, seed },
    })),
  ]);
}

function judgeSaddles(finished: readonly Finished<Saddles>[]): Acceptance[] {
  const trained = trainingsOf(finished);
  const rest = walksOf(finished).filter(({ part }) => part === "rest");
  const growth = walksOf(finished).filter(({ part }) => part === "growth");
  const runs = groupBy(staircasesOf(finished), ([first]) => first!.smallness);
  const small = runs.get(2) ?? [];
  const usual = runs.get(1) ?? [];
  // Where two features come together there is no last saddle.
  const atLast = small.filter((run) => isSeenAt(run, 1));
  const samples = <R extends { seed: number }>(
    of: readonly R[],
    value: (one: R) => Measured,
    setting: (one: R) => string,
  ): Sample[] => of.map((one) => ({ value: value(one), setting: setting(one), seed: one.seed }));
  const byDepth = ({ depth }: { depth: number }): string => String(depth);
  const byMode = ({ depth, learningRate, noiseVariance }: ModeWalkRecord): string =>
    `${depth} ${learningRate} ${noiseVariance}`;
  const ofRuns = (of: readonly StaircaseRecord[][], value: (run: StaircaseRecord[]) => number): Sample[] =>
    of.map((run) => ({ value: value(run), seed: run[0]!.seed, setting: "authors" }));
  const twoLayers = trained.filter(({ depth }) => depth === 2);
  return [
    judge({
      kind: "evidence",
      statement:
        "networks of two to four layers: the noise of a step along a mode over that of its equation, while it is learned",
      samples: samples(trained, ({ noiseRatio }) => noiseRatio, byDepth),
      band: [0.9, 1.1],
      because: "1 for aligned modes; a tenth for their mixing and for 200 examples",
      controls: [{ what: "the equation of one layer more", values: trained.map(({ deeperRatio }) => deeperRatio) }],
      beside: [{ what: "the drift over that of its equation", values: trained.map(({ driftRatio }) => driftRatio) }],
    }),
    judge({
      kind: "evidence",
      statement: "a mode diffuses most before it is learned, w/s at the peak over (2L − 2)/(3L − 2)",
      samples: samples(trained, ({ peak, depth }) => peak / diffusionPeak(depth).mode, byDepth),
      band: [0.85, 1.15],
      because: "1 by the equation; the peak is flat, and found among noisy measurements",
      controls: [
        {
          what: "the peak of the layers, (L − 1)/(2L − 1), in its place",
          values: trained.map(({ peak, depth }) => peak / diffusionPeak(depth).layer),
        },
        { what: "completion, w/s = 1, in its place", values: trained.map(({ peak }) => peak) },
      ],
    }),
    judge({
      kind: "evidence",
      statement:
        "without label noise modes arrive when gradient flow does, time to 95 % over that of its closed solution, two layers",
      samples: samples(
        twoLayers,
        ({ time, flowTime }) => over(time, flowTime),
        ({ index }) => String(index),
      ),
      band: [0.93, 1.07],
      because: "1 for small steps; the rest is noise, which vanishes with the residual",
      controls: [
        {
          what: "one layer, log(20)/s",
          values: twoLayers.map(({ time, target }) => over(time, Math.log(20) / target)),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement: "with label noise a mode rests below its target, its mean over that of the stationary law",
      samples: samples(rest, ({ mean, lawMean }) => over(mean, lawMean), byMode),
      band: [0.96, 1.04],
      because: "1 for small steps; the law is derived for them",
      controls: [
        {
          what: "the target, where gradient flow ends, in its place",
          values: rest.map(({ mean, target }) => over(mean, target)),
        },
      ],
      beside: [
        {
          what: "its variance over that of the law",
          values: rest.map(({ variance, lawVariance }) => over(variance, lawVariance)),
        },
        {
          what: "its variance over Boltzmann's limit",
          values: rest.map((one) => over(one.variance, boltzmannVariance({ ...one, temperature: one.learningRate }))),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement:
        "two layers: a mode grows from nothing, or dies out, at the rate s − η(2s² + σ²)/2B, measured over this",
      samples: samples(growth, ({ growthRate, equationRate }) => over(growthRate, equationRate), byMode),
      band: [0.85, 1.15],
      because: "1 for small steps; the rest is for a thousand paths",
      controls: [
        {
          what: "the rate of gradient flow, s",
          values: growth.map(({ growthRate, flowRate }) => over(growthRate, flowRate)),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement:
        "the authors' case: SGD is seen at saddles where some features are learned and the others not begun, of three possible",
      samples: ofRuns(small, saddlesVisited),
      band: [2, 3],
      because: "from saddle to saddle; two features may come together",
      controls: [{ what: "weights of the usual size, γ = 1", values: usual.map(saddlesVisited) }],
    }),
    judge({
      kind: "evidence",
      statement:
        "the authors' case: what diffuses at the last saddle is the feature that is missing, diffusion there over that at the end",
      samples: ofRuns(atLast, (run) =>
        over(diffusionAt(run, run[0]!.targets.length - 1), diffusionAt(run, run[0]!.targets.length)),
      ),
      band: [5, 30],
      because: "a residual of s = 70 beside label noise of 1: many times; the band is ours",
      excluded: small.length - atLast.length,
      controls: [
        {
          what: "the last saddle but one over the last",
          values: atLast
            .filter((run) => isSeenAt(run, 2))
            .map((run) =>
              over(diffusionAt(run, run[0]!.targets.length - 2), diffusionAt(run, run[0]!.targets.length - 1)),
            ),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement:
        "the authors' case: the diffusion of the network is greatest about when the first feature is learned, step of the peak over that step",
      samples: ofRuns(small, (run) => peakOver(run, 1)),
      band: [0.75, 1.3],
      because: "seen, not said: a mode's own peak comes before, the residual of the others stays",
      controls: [
        {
          what: "over the step at which the last is learned",
          values: small.map((run) => peakOver(run, run[0]!.targets.length)),
        },
      ],
    }),
  ];
}

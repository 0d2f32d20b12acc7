import type { Claim, Finished, Job, Scope } from "../claim.js";
import { judge, type Acceptance, type Measured, type Sample } from "../judge.js";
import type { CloudRecord } from "../study/clouds.js";
import type { FeaturesRecord } from "../study/feature-clouds.js";
import type { TailRecord } from "../study/tails.js";
import { minibatchFigures } from "./minibatch-figures.js";
import { cell } from "./minima.js";
import { ofPreset, seedsOf } from "./settings.js";

type Minibatch = "minibatch";

/** Where SGD on regression settles, exactly, and what the linear scaling rule and the closed tail index miss. */
export const minibatchNoise: Claim<Minibatch> = {
  name: "minibatch-noise",
  title:
    "Regression has exact clouds, noise and tails at every learning rate; linear scaling and the closed tail index miss them",
  statement:
    "On linear regression the excess loss of SGD, with momentum and without, is that of the exact theory up to two thirds of η*(B, β). Along η/B, which the linear scaling rule holds constant, it is not constant but grows to infinity at η*; with momentum, at the same effective rate, it hardly grows. Inputs that are not Gaussian need the exact theory of the data: on random features the Gaussian formula is off by up to a factor of two. The tail of one dimension has Kesten's index; the closed formula 2B/(ηa) − B, exact at 2 alone, says 0 at ηa = 2, where gradient descent diverges and SGD with small batches has a stationary law still.",
  source:
    "Ziyin, Liu, Mori & Ueda, ICLR 2022 (arXiv:2102.05375), Theorems 2 and 3 and the closed tail index. The critical learning rates, the exact index as a use of Kesten's theorem, and how linear scaling fails are derived here; on data, Mulayoff & Michaeli, COLT 2024 (arXiv:2306.07850), Theorem 5.",
  method:
    "SGD on fresh Gaussian examples of three curvatures along η/(B(1 − β)) constant, and with batches of one and two nearer to η*; on random features of 40 inputs that they cannot fit; and in one dimension around ηa = 2, the tail by Hill's estimate. Means are over paths of a hundred thousand steps. Controls: small steps, the noise at the minimum, the Gaussian formula, the closed index, large batches.",
  study: "minibatch",
  jobs,
  judge: judgeMinibatch,
  figures: minibatchFigures,
  table: (finished) => ({
    title: "Every path",
    headings: [
      "of",
      "η",
      "B",
      "β",
      "seed",
      "η/η*",
      "excess/exact",
      "excess/small steps",
      "noise/exact",
      "τ, Hill",
      "Kesten",
      "closed",
    ],
    left: [0],
    rows: finished.flatMap(({ records }) => records.map(rowOf)),
  }),
};

const over = (value: Measured, by: Measured): number =>
  typeof value === "number" && typeof by === "number" ? value / by : NaN;

function rowOf(one: CloudRecord | FeaturesRecord | TailRecord): string[] {
  const [eta, size, seed] = [cell(one.learningRate), String(one.batchSize), String(one.seed)];
  switch (one.part) {
    case "cloud":
      return [
        ...["Gaussian inputs", eta, size, String(one.momentum), seed],
        ...[over(one.learningRate, one.criticalLearningRate), over(one.excessLoss, one.exactExcess)].map((x) =>
          cell(x),
        ),
        ...[over(one.excessLoss, one.smallStepExcess), over(one.noise, one.exactNoise)].map((x) => cell(x)),
        ...["–", "–", "–"],
      ];
    case "features":
      return [
        ...[`random features, ${one.activation}`, eta, size, "0", seed, cell(one.fraction)],
        ...[over(one.excessLoss, one.exactExcess), over(one.excessLoss, one.smallStepExcess)].map((x) => cell(x)),
        ...["–", "–", "–", "–"],
      ];
    case "tail":
      return [
        ...["one dimension", eta, size, "0", seed, "–", "–", "–", "–"],
        ...[one.hill ?? NaN, one.kesten, one.formula].map((x) => cell(x)),
      ];
  }
}

/** Along which η/(B(1 − β)) is constant. */
const scalingRate = 0.02;
/** The curvatures of the Gaussian inputs. */
const spectrum = [1, 0.5, 0.25];
const sizes = [1, 4, 16, 32, 64];
/** How far beyond the edge of gradient descent, ηa = 2, a stationary law is looked for. */
const beyond = 2.05;

function jobs(scope: Scope): Job<Minibatch>[] {
  const { preset } = scope;
  const isTest = preset === "test";
  const few = <T>(list: T[]): T[] => (isTest ? list.slice(-1) : list);
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 11 })).flatMap((seed): Job<Minibatch>[] => {
    const steps = ofPreset(preset, { test: 1000, fast: 100_000, full: 1_000_000 });
    const cloud = (role: string, batchSize: number, learningRate: number, momentum: number): Job<Minibatch> => ({
      role,
      // The small batches have small rates and so the longest memory.
      task: {
        part: "cloud",
        spectrum,
        learningRate,
        batchSize,
        momentum,
        steps: batchSize < 16 ? 2 * steps : steps,
        seed,
      },
    });
    const tail = (
      role: string,
      learningRate: number,
      batchSize: number,
      length: number,
      every: number,
    ): Job<Minibatch> => ({
      role,
      task: { part: "tail", learningRate, batchSize, steps: length, every, share: 0.02, seed },
    });
    return [
      ...[0, 0.9].flatMap((momentum) =>
        few(sizes).map((size) => cloud("linear scaling", size, scalingRate * size * (1 - momentum), momentum)),
      ),
      ...few([
        [1, 0.2],
        [1, 0.28],
        [2, 0.45],
      ]).map(([size, rate]) => cloud("small batches", size!, rate!, 0)),
      ...few(["relu", "tanh"] as const).flatMap((activation) =>
        (isTest ? [1] : [1, 8]).map((batchSize): Job<Minibatch> => {
          const data = { examples: 40, inputs: 5, features: 8, activation, batchSize };
          return {
            role: "random features",
            task: { part: "features", ...data, fractions: few([0.1, 0.3, 0.5]), steps, seed },
          };
        }),
      ),
      ...few([4, 8]).flatMap((size) =>
        few([1.6, 1.8, 1.9, 2, beyond]).map((rate) => tail("tail", rate, size, 3 * steps, 2)),
      ),
      ...(isTest
        ? []
        : [
            [1, 1],
            [0.5, 1],
            [1, 4],
          ].map(([rate, size]) => tail("lighter tails", rate!, size!, 3 * steps, 2))),
      // Short enough to stay within the range of a number.
      tail("large batches", beyond, 512, 4000, 1),
    ];
  });
}

function judgeMinibatch(finished: readonly Finished<Minibatch>[]): Acceptance[] {
  const of = <R extends CloudRecord | FeaturesRecord | TailRecord>(role: string): R[] =>
    finished.filter((one) => one.role === role).flatMap(({ records }) => records as R[]);
  const scaling = of<CloudRecord>("linear scaling");
  const small = of<CloudRecord>("small batches");
  const features = of<FeaturesRecord>("random features");
  const tails = of<TailRecord>("tail");
  const lighter = of<TailRecord>("lighter tails");
  const large = of<TailRecord>("large batches");
  const plainFar = scaling.filter(({ momentum, batchSize }) => momentum === 0 && batchSize >= 16);
  const heavyFar = scaling.filter(({ momentum, batchSize }) => momentum > 0 && batchSize >= 16);
  const samples = <R extends { learningRate: number; batchSize: number; seed: number }>(
    records: readonly R[],
    value: (one: R) => Measured,
  ): Sample[] =>
    records.map((one) => ({
      value: value(one),
      setting: settingOf(one),
      seed: one.seed,
    }));
  const measuredOver = (one: { excessLoss: number; exactExcess: number }): number =>
    over(one.excessLoss, one.exactExcess);
  const overSmallSteps = (one: { excessLoss: number; smallStepExcess: number }): number =>
    over(one.excessLoss, one.smallStepExcess);
  return [
    judge({
      kind: "evidence",
      statement:
        "Gaussian inputs: the excess loss of SGD, β = 0 and 0.9, B from 1 to 64, over that of the exact theory",
      samples: samples([...scaling, ...small], measuredOver),
      band: [0.93, 1.07],
      because: "1 by Theorem 2; the rest for a path of finite length",
      controls: [
        { what: "the linear scaling rule, constant along η/B, from B = 16 on", values: plainFar.map(overSmallSteps) },
      ],
    }),
    judge({
      kind: "evidence",
      statement:
        "linear scaling fails for plain SGD and hardly with momentum: the excess loss with β = 0.9 over that of small steps, η/(B(1 − β)) constant, from B = 16 on",
      samples: samples(heavyFar, overSmallSteps),
      band: [0.95, 1.1],
      because: "1.03 to 1.05 by the exact theory",
      controls: [{ what: "plain SGD at the same effective rates", values: plainFar.map(overSmallSteps) }],
    }),
    judge({
      kind: "evidence",
      statement: "Gaussian inputs, batches of one and two: the trace of the noise over that of the exact theory",
      samples: samples(small, (one) => over(one.noise, one.exactNoise)),
      band: [0.9, 1.1],
      because: "1 by Theorem 3; a tenth for its heavy tails",
      controls: [
        { what: "the noise at the minimum, σ²Tr A/B", values: small.map((one) => over(one.noise, one.noiseAtMinimum)) },
      ],
    }),
    judge({
      kind: "evidence",
      statement: "random features of 40 inputs: the excess loss of SGD over that of the exact theory of these data",
      samples: samples(features, measuredOver),
      band: [0.93, 1.07],
      because: "1 by Theorem 5 of Mulayoff & Michaeli; the rest for a path of finite length",
      controls: [
        {
          what: "the formula for Gaussian inputs of the same covariance, tanh, B = 1, at half of η*",
          values: features
            .filter(
              ({ activation, batchSize, fraction }) => activation === "tanh" && batchSize === 1 && fraction === 0.5,
            )
            .map((one) => over(one.excessLoss, one.gaussianExcess)),
        },
      ],
      beside: (["relu", "tanh"] as const).map((kind) => ({
        what: `that formula at every rate and batch size, ${kind}`,
        values: features
          .filter(({ activation }) => activation === kind)
          .map((one) => over(one.excessLoss, one.gaussianExcess)),
      })),
    }),
    judge({
      kind: "evidence",
      statement: "one dimension, ηa from 1.6 to 2.05: Hill's estimate of the tail index over Kesten's root",
      samples: samples(tails, (one) => over(one.hill, one.kesten)),
      band: [0.85, 1.15],
      because: "1 far out; Hill's estimate of the last fiftieth is biased by what is not yet a power",
      controls: [
        {
          what: "the closed formula 2B/(ηa) − B in its place",
          values: tails.map((one) => over(one.formula, one.kesten)),
        },
      ],
      beside: [
        { what: "lighter tails, ηa ≤ 1", values: lighter.map((one) => over(one.hill, one.kesten)) },
        { what: "lighter tails, by the closed formula", values: lighter.map((one) => over(one.formula, one.kesten)) },
      ],
    }),
    judge({
      kind: "evidence",
      statement: `one dimension, ηa = ${beyond}, where gradient descent diverges: small batches have a stationary law, decades by which |θ| moves between two halves of a path`,
      samples: samples(
        tails.filter(({ learningRate }) => learningRate === beyond),
        ({ drift }) => drift,
      ),
      band: [-0.1, 0.1],
      because: "0 where E log|1 − ηs| < 0; a tenth of a decade is ours",
      controls: [{ what: "batches of 512", values: large.map(({ drift }) => drift) }],
    }),
  ];
}

const settingOf = (one: { learningRate: number; batchSize: number }): string => {
  const more = one as { momentum?: number; activation?: string; fraction?: number };
  // The rates of random features are fractions of a threshold that each seed has of its own.
  return [more.fraction ?? one.learningRate, one.batchSize, more.momentum ?? 0, more.activation ?? ""].join(" ");
};

import { fitNoiseStrength } from "@sgdscope/noise-structure";
import type { Claim, Finished, Job, Scope } from "../claim.js";
import { judge, type Acceptance, type Sample } from "../judge.js";
import { slope } from "../statistics.js";
import type { BarriersRecord } from "../study/barriers.js";
import type { StrengthRecord } from "../study/noise-strength.js";
import type { WalksRecord } from "../study/walks.js";
import { cell } from "./minima.js";
import { powerLawFigures } from "./power-law-figures.js";
import { densityPower, kestenSlope, passageSlope, smallStepSlopes } from "./power-law-numbers.js";
import { fullyConnected, imageTask, ofPreset, reluTask, seedsOf } from "./settings.js";

type PowerLaw = "power-law";

/** The power law of escape in its own equation, and what SGD does. */
export const powerLawEscape: Claim<PowerLaw> = {
  name: "power-law-escape",
  title:
    "Noise in proportion to the loss makes escape a power of the barrier; of SGD on regression both powers are others",
  statement:
    "With the square loss the noise strength 𝒩 falls with L, with the logistic loss with L². Where noise is 2L·H/B and steps are small, escape is a power of the ratio of the losses, L(θˢ)/L(θ*), and not exponential in their difference. SGD itself on linear regression has a density L^−φ with φ = ½ + B/(ηh) − B/2 in its body, and leaves by a power of L that is half of Kesten's tail index: neither equation of small steps has it, for single examples that overshoot carry SGD out.",
  source:
    "Mori, Ziyin, Liu & Ueda, ICML 2022 (arXiv:2105.09557): 𝒩 ∝ L, φ = 1 + B/(ηh), the rate of escape (16), whose first passages are derived here. The law that fits the body is of Ziyin, Liu, Mori & Ueda, ICLR 2022 (arXiv:2102.05375), Kesten's index in d dimensions and the power two of the logistic loss are derived here.",
  method:
    "𝒩 and L along trainings of two-layer ReLU networks and of networks on images, by both losses. First passages of dθ = −L′dt + √(2TL)dW by quadrature, beside those with the noise of the minimum everywhere. SGD on y = ε, x ~ N(0, I), fresh examples, from the minimum until L/L* has climbed, and for long: the power of its density by maximum likelihood, and the slope of its mean first passages. Controls: the other loss, additive noise, the two equations of small steps.",
  study: "power-law",
  jobs,
  judge: judgePowerLaw,
  figures: powerLawFigures,
  table: (finished) => ({
    title: "First passages and densities of SGD on regression",
    headings: [
      "noise",
      "d",
      "η",
      "B",
      "seed",
      "L/L*",
      "mean time",
      "slope",
      "Kesten/2",
      "decoupled",
      "φ",
      "½ + B/η − B/2",
      "1 + B/η",
    ],
    left: [0],
    rows: walksOf(finished).map((one) => {
      const { dimension, learningRate, batchSize, seed, levels, times, power } = one;
      const isPassage = levels.length > 0;
      return [
        one.noise,
        String(dimension),
        String(learningRate),
        String(batchSize),
        String(seed),
        isPassage ? levels.join(", ") : "–",
        isPassage ? times.map((time) => cell(time ?? NaN)).join(", ") : "–",
        isPassage ? cell(passageSlope(one)) : "–",
        isPassage ? cell(kestenSlope(one)) : "–",
        isPassage ? cell(smallStepSlopes(one).decoupled) : "–",
        cell(power?.value),
        isPassage ? "–" : cell(densityPower("moment-matched", one)),
        isPassage ? "–" : cell(densityPower("decoupled", one)),
      ];
    }),
  }),
};

const partOf =
  <R extends StrengthRecord | WalksRecord | BarriersRecord>(...parts: R["part"][]) =>
  (finished: readonly Finished<PowerLaw>[]): R[] =>
    finished.flatMap(({ records }) => records.filter((one): one is R => (parts as string[]).includes(one.part)));
const walksOf = partOf<WalksRecord>("walks");
const barriersOf = partOf<BarriersRecord>("well", "basin");

const walkSetting = ({ dimension, learningRate, batchSize }: WalksRecord): string =>
  `${dimension} ${learningRate} ${batchSize}`;

function jobs(scope: Scope): Job<PowerLaw>[] {
  const { preset, images } = scope;
  const isTest = preset === "test";
  const seeds = seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 11 }));
  const at = ofPreset(preset, { test: [0, 20, 50, 100, 150, 200], fast: probes(4000), full: probes(16_000) });
  const trainings = seeds.flatMap((seed) =>
    (["square", "logistic"] as const).flatMap((loss): Job<PowerLaw>[] => {
      const square = loss === "square";
      const relu = reluTask({
        ...{
          count: isTest ? 10 : 40,
          width: isTest ? 12 : 120,
          learningRate: square ? 0.005 : 0.1,
          batchSize: 4,
          seed,
        },
        ...(square ? {} : { loss }),
      });
      const network = imageTask(images, {
        ...{ count: 60, model: fullyConnected([32, 32]), learningRate: square ? 0.01 : 0.05, batchSize: 4, seed },
        ...{ warmUp: 0, hessianProducts: 0 },
        ...(square ? {} : { loss }),
      });
      return [
        { role: "two-layer ReLU", task: { part: "strength", start: relu, at } },
        ...(isTest
          ? []
          : [
              {
                role: "network",
                task: { part: "strength", start: network, at: at.filter((step) => step <= 4000) },
              } as const,
            ]),
      ];
    }),
  );
  const walks = (
    role: string,
    seed: number,
    rest: Pick<WalksRecord, "dimension" | "learningRate" | "batchSize"> & Partial<WalksRecord>,
  ): Job<PowerLaw> => ({
    role,
    task: { part: "walks", noise: "sgd", levels: [], walks: 0, maxSteps: 0, longSteps: 0, every: 30, seed, ...rest },
  });
  const count = ofPreset(preset, { test: 20, fast: 200, full: 2000 });
  const passages = seeds.flatMap((seed) =>
    ofPreset(preset, { test: settings.slice(0, 1), fast: settings, full: settings }).map(({ levels, ...rest }) =>
      walks("passage", seed, { ...rest, levels: isTest ? [2, 4, 8] : levels, walks: count, maxSteps: count * 500_000 }),
    ),
  );
  // The walks of slower powers, as far as they get.
  const others = seeds.flatMap((seed) =>
    (isTest ? [] : [settings[0]!, settings[3]!]).flatMap(({ levels, ...rest }) =>
      (["gaussian", "decoupled"] as const).map((noise) =>
        walks("passage", seed, {
          ...rest,
          noise,
          levels: levels.filter((level) => level <= 16),
          walks: 100,
          maxSteps: 1e8,
        }),
      ),
    ),
  );
  const longSteps = ofPreset(preset, { test: 20_000, fast: 300_000, full: 3_000_000 });
  const densities = seeds.flatMap((seed) =>
    [
      [0.2, 1],
      [0.5, 4],
      [1, 4],
    ].map(([learningRate, batchSize]) =>
      walks("density", seed, { dimension: 1, learningRate: learningRate!, batchSize: batchSize!, longSteps }),
    ),
  );
  const temperatures = isTest ? [0.2, 0.1] : [0.2, 0.1, 0.05, 0.02];
  const barriers: Job<PowerLaw>[] = [
    ...[0.05, 0.25].map((lossAtMinimum) => ({
      wells: temperatures.map((temperature) => ({ lossAtMinimum, temperature })),
      basins: [],
    })),
    ...(isTest ? [1, 2] : [1, 2, 4, 8]).map((dimension) => ({
      wells: [],
      basins: [0.1, 0.2].map((temperature) => ({ dimension, temperature, levels: [100, 200] })),
    })),
  ].map((task) => ({ role: "small steps", task: { part: "barriers", ...task } }));
  return [...trainings, ...passages, ...others, ...densities, ...barriers];
}

/** Where L/L* has climbed far enough for the power to stand still, and yet within 10⁵ steps. */
const settings = [
  { dimension: 1, learningRate: 0.35, batchSize: 1, levels: [4, 8, 16, 32] },
  { dimension: 1, learningRate: 0.3, batchSize: 1, levels: [4, 8, 16] },
  { dimension: 2, learningRate: 0.3, batchSize: 1, levels: [4, 8, 16] },
  { dimension: 4, learningRate: 0.25, batchSize: 1, levels: [8, 16, 32] },
];

const probes = (last: number): number[] =>
  [
    0, 20, 50, 100, 200, 300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000, 6000, 8000, 12_000, 16_000,
  ].filter((step) => step <= last);

/** Slope of log 𝒩 over log L, late: once L is a tenth of the first or less. */
function strengthSlope(records: readonly StrengthRecord[]): number {
  if (records.some(({ value, strength }) => !Number.isFinite(value) || !Number.isFinite(strength))) return NaN;
  const first = records[0]!.value;
  const late = records.filter(({ value }) => value < first / 10);
  return late.length < 3
    ? NaN
    : fitNoiseStrength(
        late.map(({ value }) => value),
        late.map(({ strength }) => strength),
      ).slope.value;
}

function judgePowerLaw(finished: readonly Finished<PowerLaw>[]): Acceptance[] {
  const trainings = finished.flatMap(({ role, task, records }) =>
    task.part === "strength" && records.length > 0
      ? [{ role, loss: task.start.loss ?? "square", seed: task.start.seed, records: records as StrengthRecord[] }]
      : [],
  );
  const slopes = (square: boolean): Sample[] =>
    trainings
      .filter(({ loss }) => (loss === "square") === square)
      .map(({ role, seed, records }) => ({ value: strengthSlope(records), setting: role, seed }));
  const values = (samples: Sample[]): Sample["value"][] => samples.map(({ value }) => value);
  const excluded = finished.filter(({ records }) => records.length === 0).length;
  const walks = walksOf(finished);
  const samples = (of: readonly WalksRecord[], value: (one: WalksRecord) => number): Sample[] =>
    of.map((one) => ({ value: value(one), setting: walkSetting(one), seed: one.seed }));
  const allPassages = walks.filter(({ levels }) => levels.length > 0);
  const passagesBy = (of: WalksRecord["noise"]): WalksRecord[] => allPassages.filter(({ noise }) => noise === of);
  const passages = passagesBy("sgd");
  const densities = walks.filter(({ longSteps }) => longSteps > 0);
  const wells = barriersOf(finished).filter((one) => one.part === "well");
  const basins = barriersOf(finished).filter((one) => one.part === "basin");
  const rise = (levels: number[], logTimes: number[]): number =>
    slope(levels.map((level, k) => ({ x: Math.log(level), y: logTimes[k]! }))) ?? NaN;
  return [
    judge({
      kind: "evidence",
      statement: "square loss: 𝒩 is in proportion to L late in training, slope of the logarithms",
      samples: slopes(true),
      band: [0.85, 1.15],
      because: "1 by the claim; 0.15 is ours, for a Jacobian that moves",
      excluded,
      controls: [{ what: "the logistic loss, same networks", values: values(slopes(false)) }],
    }),
    judge({
      kind: "evidence",
      statement: "logistic loss: 𝒩 is in proportion to L², slope of the logarithms",
      samples: slopes(false),
      band: [1.7, 2.5],
      because:
        "2 where all examples are fitted, for the gradient of each is then in proportion to its loss (derived here); above while its share in the losses moves",
      excluded,
      controls: [{ what: "the square loss, same networks", values: values(slopes(true)) }],
    }),
    judge({
      kind: "heuristic",
      statement:
        "double wells with decoupled noise and small steps: the mean first passage is 1/κ of the power law, κ·time",
      samples: wells.map(({ time, rate }) => ({ value: time * rate })),
      band: [0.9, 1.1],
      because: "1 as the temperature T goes to 0; here T ≤ 0.2",
      controls: [
        {
          what: "noise as at the minimum everywhere",
          values: wells.map(({ additiveTime, rate }) => additiveTime * rate),
        },
      ],
    }),
    judge({
      kind: "heuristic",
      statement:
        "basins of n dimensions with decoupled noise and small steps: the power of L in the mean first passage over 1/T + 1 − n/2",
      samples: basins.map(({ levels, logTimes, exponent }) => ({ value: rise(levels, logTimes) / exponent })),
      band: [0.95, 1.05],
      because: "1 for high barriers; L/L* is 100 to 200 here",
      controls: [
        {
          what: "noise as at the minimum everywhere",
          values: basins.map(({ levels, additiveLogTimes, exponent }) => rise(levels, additiveLogTimes) / exponent),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement:
        "SGD on one-dimensional regression: the power of L in its density by maximum likelihood over ½ + B/η − B/2",
      samples: samples(densities, (one) => (one.power?.value ?? NaN) / densityPower("moment-matched", one)),
      band: [0.95, 1.05],
      because: "the law with the variance of SGD (exact), which is not its law; a twentieth is ours",
      controls: [
        {
          what: "1 + B/η of decoupled noise in its place",
          values: densities.map((one) => (one.power?.value ?? NaN) / densityPower("decoupled", one)),
        },
        {
          what: "the equation of small steps with the true noise, power of 1 + 2θ² over 1 + B/(2η)",
          values: densities.map((one) => (one.trueNoisePower?.value ?? NaN) / densityPower("true-noise", one)),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement: "SGD on regression: the power of L in its mean first passage over half of Kesten's tail index",
      samples: samples(passages, (one) => passageSlope(one) / kestenSlope(one)),
      band: [0.88, 1.12],
      because: "1 for high barriers; an eighth for L/L* of 4 to 32, and a few hundred walks",
      controls: [
        {
          what: "1/T + 1 − n/2 of decoupled noise in its place",
          values: passages.map((one) => passageSlope(one) / smallStepSlopes(one).decoupled),
        },
        {
          what: "the equation of small steps with the true noise, ½(1 + B/η − (n − 1)/2)",
          values: passages.map((one) => passageSlope(one) / smallStepSlopes(one).trueNoise),
        },
        ...(passagesBy("decoupled").length === 0
          ? []
          : [
              {
                what: "steps with Gaussian noise 2L·I/B in the place of examples",
                values: passagesBy("decoupled").map((one) => passageSlope(one) / kestenSlope(one)),
              },
            ]),
      ],
      beside: [
        {
          what: "steps with Gaussian noise of the same covariance, (2L·I + θθᵀ)/B",
          values: passagesBy("gaussian").map((one) => passageSlope(one) / kestenSlope(one)),
        },
      ],
    }),
  ];
}

import { chart, type Canvas } from "@sgdscope/figures";
import { epochShuffleVariance } from "@sgdscope/stability-criterion/stationary";
import type { Claim, Figure, Finished, Job, Scope } from "../claim.js";
import { judge, type Acceptance, type Measured, type Sample } from "../judge.js";
import { groupBy, median, slope, spread } from "../statistics.js";
import type { NetworkRecord } from "../study/network-clouds.js";
import type { QuadraticRecord } from "../study/quadratic-clouds.js";
import { cell } from "./minima.js";
import { ofPreset, seedsOf } from "./settings.js";

type Fluctuation = "fluctuation";

/** Where SGD settles: the discrete theory, noise that changes with the residuals, and what shuffling does to flat directions. */
export const fluctuation: Claim<Fluctuation> = {
  name: "fluctuation",
  title:
    "The cloud of SGD is that of the discrete theory; flat directions fluctuate less only where epochs are shuffled",
  statement:
    "At a finite learning rate the stationary covariance on a quadratic is that of the discrete theory, with momentum too: 2/(2 − ηk/(1 + β)) times that of the continuous one. At a minimum of a network it is, along every eigenvector over two decades of curvature, the exact one whose noise changes with the residuals; with the noise fixed as at the minimum it is too small. The inverse relation of variance and flatness, less variance where it is flatter, is a matter of how batches are drawn: with independent batches the variance hardly depends on the flatness, with shuffled epochs it falls with it, as a closed formula says.",
  source:
    "Liu, Ziyin & Ueda, ICML 2021 (arXiv:2012.03636), for the discrete theory, as quoted in arXiv:2102.05375; Mulayoff & Michaeli, COLT 2024 (arXiv:2306.07850), Theorem 5; the inverse relation is of Feng & Tu, PNAS 2021 (recalled), and its cause that of Kühn & Rosenow (arXiv:2306.05300, abstract); the formula for shuffled epochs is derived here.",
  method:
    "Gradient descent with Gaussian noise of a fixed covariance that does not commute with the Hessian, in two dimensions. Two-layer tanh networks on the noisy labels of one of their kind, at their minimum to a gradient of 1e-11; then SGD with batches without replacement, drawn afresh or by shuffled epochs: variances along the eigenvectors of G, and the width at which the loss doubles. Controls: the continuous theory, fixed noise, and the other way of drawing.",
  study: "fluctuation",
  jobs,
  judge: judgeFluctuation,
  figures: (finished, canvas) => [quadraticFigure(finished, canvas), networkFigure(finished, canvas)],
  table: (finished) => ({
    title: "Every cloud",
    headings: [
      "of",
      "batches",
      "ηλ_max",
      "seed",
      "‖∇L‖ at the minimum",
      "over exact",
      "over fixed noise",
      "over shuffled",
      "ψ",
      "γ",
    ],
    left: [0, 1],
    rows: [
      ...quadratics(finished).map((one) => [
        ...["quadratic", `β = ${one.momentum}`, cell(one.learningRate * one.curvatures[0]), String(one.seed), "–"],
        ...[cell(over(one.variances[0], one.discrete[0])), "–", "–", "–", "–"],
      ]),
      ...networks(finished).map((one) => [
        ...["tanh network", `${one.sampling}, B = ${one.batchSize}`, cell(one.sharpness), String(one.seed)],
        ...[one.gradientNorm, middle(one, "exact"), middle(one, "fixedNoise"), middle(one, "shuffled")].map((x) =>
          cell(x),
        ),
        ...[flatnessExponent(one), noiseExponent(one)].map((x) => cell(x)),
      ]),
    ],
  }),
};

const over = (value: Measured, by: Measured): number =>
  typeof value === "number" && typeof by === "number" ? value / by : NaN;
const recordsOf = (finished: readonly Finished<Fluctuation>[]): (QuadraticRecord | NetworkRecord)[] =>
  finished.flatMap(({ records }) => records);
const quadratics = (finished: readonly Finished<Fluctuation>[]): QuadraticRecord[] =>
  recordsOf(finished).filter((one) => one.part === "quadratic");
const networks = (finished: readonly Finished<Fluctuation>[]): NetworkRecord[] =>
  recordsOf(finished).filter((one) => one.part === "network");

type Theory = "exact" | "fixedNoise" | "continuous" | "shuffled";
/** Variances over those of a theory, one per direction. */
const ratios = (one: NetworkRecord, theory: Theory): number[] =>
  one.variances.map((variance, a) => over(variance, one[theory][a]));
const middle = (one: NetworkRecord, theory: Theory): number => median(ratios(one, theory)) ?? NaN;

/** −slope of log variance over log width: ψ of σ² ∝ F^−ψ, above 0 where flat directions vary less. */
const flatnessExponent = ({ widths, variances }: NetworkRecord): number =>
  -(slope(widths.map((width, a) => ({ x: Math.log(width), y: Math.log(variances[a] ?? NaN) }))) ?? NaN);
/** γ of C_ii ∝ λ_i^γ. */
const noiseExponent = ({ curvatures, noise }: NetworkRecord): number =>
  slope(curvatures.map((k, a) => ({ x: Math.log(k), y: Math.log(noise[a] ?? NaN) }))) ?? NaN;

/** Near the edge, with noise that matters, and far from it, with little. */
const near = { sharpness: 1, batchSize: 12 };
const far = { sharpness: 0.3, batchSize: 24 };
const examples = 240;

function jobs(scope: Scope): Job<Fluctuation>[] {
  const { preset } = scope;
  const isTest = preset === "test";
  const steps = ofPreset(preset, { test: 3000, fast: 200_000, full: 2_000_000 });
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 11 })).flatMap((seed): Job<Fluctuation>[] => [
    ...(isTest ? [1.5] : [0.2, 0.5, 1, 1.5, 1.8, 1.9]).flatMap((rate) =>
      [0, 0.9].map((momentum): Job<Fluctuation> => ({
        role: "quadratic",
        task: {
          ...{
            part: "quadratic",
            curvatures: [1, 0.3],
            noise: [1, 0.5, 0.5, 0.8],
            steps: isTest ? 20_000 : steps,
            seed,
          },
          ...{ learningRate: Number((rate * (1 + momentum)).toPrecision(12)), momentum },
        },
      })),
    ),
    ...(isTest ? [far] : [near, far]).flatMap((setting) =>
      (["without-replacement", "epoch-shuffle"] as const).map((sampling): Job<Fluctuation> => ({
        role: "network",
        task: {
          part: "network",
          examples,
          inputs: 4,
          width: isTest ? 1 : 3,
          labelNoise: 0.05,
          ...setting,
          sampling,
          steps,
          seed,
        },
      })),
    ),
  ]);
}

function judgeFluctuation(finished: readonly Finished<Fluctuation>[]): Acceptance[] {
  const paths = quadratics(finished);
  const clouds = networks(finished);
  const drawn = (sampling: NetworkRecord["sampling"], sharpness?: number): NetworkRecord[] =>
    clouds.filter((one) => one.sampling === sampling && (sharpness === undefined || one.sharpness === sharpness));
  const fresh = drawn("without-replacement");
  const shuffled = drawn("epoch-shuffle", far.sharpness);
  const nearEdge = drawn("without-replacement", near.sharpness);
  const fast = paths.filter(({ sharpness }) => sharpness >= 1);
  const samples = (of: readonly NetworkRecord[], value: (one: NetworkRecord) => number): Sample[] =>
    of.map((one) => ({ value: value(one), setting: String(one.sharpness), seed: one.seed }));
  return [
    judge({
      kind: "evidence",
      statement:
        "quadratic, β = 0 and 0.9: the variance along the sharp direction over that of the discrete theory, ηk/(1 + β) up to 1.9",
      samples: paths.map((one) => ({
        value: over(one.variances[0], one.discrete[0]),
        setting: `${one.learningRate} ${one.momentum}`,
        seed: one.seed,
      })),
      band: [0.95, 1.05],
      because: "1 by the theorem; a twentieth for a path of finite length",
      controls: [
        {
          what: "the continuous theory in its place, from ηk/(1 + β) = 1 on",
          values: fast.map((one) => over(one.variances[0], one.continuous[0])),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement: "networks, independent batches: the variance along each eigenvector of G over the exact one",
      samples: fresh.flatMap((one) =>
        ratios(one, "exact").map((value, a) => ({ value, setting: `${one.sharpness} ${a}`, seed: one.seed })),
      ),
      band: [0.9, 1.1],
      because: "1 for the linearised network; a tenth for what is not linear and for paths of finite length",
      controls: [
        ...(nearEdge.length === 0
          ? []
          : [
              {
                what: `the noise fixed as at the minimum, ηλ_max = ${near.sharpness}`,
                values: nearEdge.flatMap((one) => ratios(one, "fixedNoise")),
              },
              {
                what: `the continuous theory along the sharpest eigenvector, ηλ_max = ${near.sharpness}`,
                values: nearEdge.map((one) => over(one.variances[0], one.continuous[0])),
              },
            ]),
        {
          what: `shuffled epochs, ηλ_max = ${far.sharpness}`,
          values: shuffled.flatMap((one) => ratios(one, "exact")),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement: "networks, shuffled epochs: less variance where it is flatter, ψ of variance ∝ width^−ψ",
      samples: samples(shuffled, flatnessExponent),
      band: [1, 2],
      because: "between 0 of memories shorter than an epoch and 2 of longer ones, of which this spectrum has both",
      controls: [
        {
          what: "independent batches, the same networks",
          values: drawn("without-replacement", far.sharpness).map(flatnessExponent),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement:
        "networks, shuffled epochs: the variance along the eigenvectors of G over the closed formula, median over them",
      samples: samples(shuffled, (one) => middle(one, "shuffled")),
      band: [0.9, 1.25],
      because:
        "1 for noise that stays as it is; above by what moves with the residuals and does not cancel over an epoch",
      controls: [
        {
          what: "the exact covariance of independent batches in its place",
          values: shuffled.map((one) => middle(one, "exact")),
        },
      ],
      beside: [
        {
          what: `nearer to the edge and with smaller batches, ηλ_max = ${near.sharpness}`,
          values: drawn("epoch-shuffle", near.sharpness).map((one) => middle(one, "shuffled")),
        },
      ],
    }),
  ];
}

function quadraticFigure(finished: readonly Finished<Fluctuation>[], canvas: Canvas): Figure {
  const families = [...groupBy(quadratics(finished), ({ momentum }) => momentum)];
  const curve = Array.from({ length: 97 }, (_, k) => 0.02 * k);
  return {
    name: "discrete",
    title: "At finite learning rates the cloud is wider than the continuous theory says, without bound at the edge",
    caption:
      "Variance along the sharp direction of a quadratic over that of the continuous theory, medians over seeds with the least and the most. The line, 2/(2 − ηk/(1 + β)), is the discrete theory where noise and Hessian commute; these do not, and the path follows its own exact solution, on the same line.",
    svg: chart(
      {
        description:
          "Measured variance over the continuous theory rises from 1 to 20 along the line of the discrete theory.",
        x: { label: "ηk/(1 + β)" },
        y: { label: "variance over the continuous theory", type: "log", include: [1] },
        predictions: [{ label: "discrete theory", points: curve.map((x) => ({ x, y: 2 / (2 - x) })) }],
        series: families.map(([momentum, own]) => ({
          label: `β = ${momentum}`,
          line: false,
          points: [...groupBy(own, ({ sharpness }) => Number(sharpness.toPrecision(6)))].map(([x, group]) => {
            const { middle: y, low, high } = spread(group.map((one) => over(one.variances[0], one.continuous[0])))!;
            return { x, y, low, high };
          }),
        })),
      },
      canvas,
    ),
  };
}

function networkFigure(finished: readonly Finished<Fluctuation>[], canvas: Canvas): Figure {
  const clouds = networks(finished).filter(({ sharpness }) => sharpness === far.sharpness);
  const shares = Array.from({ length: 61 }, (_, k) => 10 ** (-2 + k / 30));
  const smallStep = far.sharpness / 2;
  return {
    name: "flatness",
    title: "Flat directions fluctuate less where epochs are shuffled, and not where batches are independent",
    caption: `Variance along each eigenvector of G at minima of tanh networks, over that of small steps and independent batches, all seeds; ηλ_max = ${far.sharpness}, B = ${far.batchSize} of ${examples}. The lines are closed formulas for noise as at the minimum; nothing is fitted. Shuffling cancels the noise of an epoch where the memory is longer than that.`,
    svg: chart(
      {
        description:
          "Variance over curvature: level at 1 for independent batches, falling towards flat directions for shuffled epochs, each on its line.",
        x: { label: "curvature over the largest", type: "log" },
        y: { label: "variance over that of small steps", type: "log" },
        predictions: [
          {
            label: "shuffled epochs",
            points: shares.map((x) => ({
              x,
              y:
                epochShuffleVariance({
                  curvature: x,
                  noise: x,
                  learningRate: far.sharpness,
                  batchesPerEpoch: examples / far.batchSize,
                }) / smallStep,
            })),
          },
          { label: "independent batches", points: shares.map((x) => ({ x, y: 2 / (2 - far.sharpness * x) })) },
        ],
        series: [...groupBy(clouds, ({ sampling }) => sampling)].map(([sampling, own]) => ({
          label: sampling === "epoch-shuffle" ? "SGD, shuffled epochs" : "SGD, independent batches",
          line: false,
          points: own.flatMap(({ curvatures, variances, continuous }) =>
            curvatures.map((k, a) => ({ x: k / curvatures[0]!, y: over(variances[a], continuous[a]) })),
          ),
        })),
      },
      canvas,
    ),
  };
}

import { chart, type Canvas, type ChartSeries } from "@sgdscope/figures";
import { regressionCriticalLearningRate, regressionStationary } from "@sgdscope/models-rfm/regression";
import { gaussianTailFormula, gaussianTailIndex } from "@sgdscope/noise-structure/tail";
import type { Figure, Finished } from "../claim.js";
import { groupBy, spread } from "../statistics.js";
import type { CloudRecord } from "../study/clouds.js";
import type { FeaturesRecord } from "../study/feature-clouds.js";
import type { TailRecord } from "../study/tails.js";

type Point = ChartSeries["points"][number];

/** Linear scaling, random features, and tails. */
export function minibatchFigures(finished: readonly Finished<"minibatch">[], canvas: Canvas): Figure[] {
  const records = finished.flatMap(({ role, records: own }) => own.map((one) => ({ role, one })));
  const clouds = records.flatMap(({ role, one }) => (one.part === "cloud" && role === "linear scaling" ? [one] : []));
  const features = records.flatMap(({ one }) => (one.part === "features" ? [one] : []));
  const tails = records.flatMap(({ role, one }) => (one.part === "tail" && role === "tail" ? [one] : []));
  return [
    ...(clouds.length > 0 ? [scalingFigure(clouds, canvas)] : []),
    ...(features.length > 0 ? [featuresFigure(features, canvas)] : []),
    ...(tails.length > 0 ? [tailFigure(tails, canvas)] : []),
  ];
}

/** Middle, least and most at each x. */
const points = <R>(records: readonly R[], x: (one: R) => number, y: (one: R) => number | null): Point[] =>
  [...groupBy(records, x)]
    .sort(([a], [b]) => a - b)
    .flatMap(([at, own]) => {
      const found = spread(own.map(y).filter((value): value is number => Number.isFinite(value)));
      return found === undefined ? [] : [{ x: at, y: found.middle, low: found.low, high: found.high }];
    });

function scalingFigure(clouds: readonly CloudRecord[], canvas: Canvas): Figure {
  const families = [...groupBy(clouds, ({ momentum }) => momentum)];
  const [{ spectrum }] = clouds as [CloudRecord];
  const rate = ({ learningRate, batchSize, momentum }: CloudRecord): number =>
    learningRate / (batchSize * (1 - momentum));
  const isKnown = spectrum.every((value) => value > 0);
  const exact = (momentum: number, own: readonly CloudRecord[]): { x: number; y: number }[] =>
    Array.from({ length: isKnown ? 100 : 0 }, (_, k) => k + 1).flatMap((batchSize) => {
      const learningRate = rate(own[0]!) * batchSize * (1 - momentum);
      const problem = { eigenvalues: spectrum, batchSize, momentum };
      if (learningRate >= 0.95 * regressionCriticalLearningRate(problem)) return [];
      const { excessLoss } = regressionStationary({ ...problem, learningRate, noiseVariance: 1 });
      const trace = spectrum.reduce((sum, a) => sum + a, 0);
      return [{ x: batchSize, y: excessLoss / ((learningRate * trace) / (4 * batchSize * (1 - momentum))) }];
    });
  return {
    name: "linear-scaling",
    title: "Along the linear scaling rule the excess loss is not constant: it grows without bound towards η*(B)",
    caption:
      "Excess loss of SGD on regression with Gaussian inputs over that of small steps, which η/(B(1 − β)) alone determines; medians over seeds with the least and the most. The lines are the exact theory. Plain SGD leaves the rule long before its threshold; with momentum of 0.9 the same effective rate is far from the threshold still.",
    svg: chart(
      {
        description:
          "Excess loss over that of small steps against the batch size: plain SGD rises, momentum stays level.",
        x: { label: "batch size B, η/(B(1 − β)) constant", type: "log", ticks: [1, 4, 16, 32, 64] },
        y: { label: "excess loss over small steps", type: "log" },
        predictions: families.map(([momentum, own]) => ({
          label: `exact, β = ${momentum}`,
          points: exact(momentum, own),
        })),
        series: families.map(([momentum, own]) => ({
          label: `SGD, β = ${momentum}`,
          line: false,
          points: points(
            own,
            ({ batchSize }) => batchSize,
            ({ excessLoss, smallStepExcess }) => excessLoss / smallStepExcess,
          ),
        })),
      },
      canvas,
    ),
  };
}

function featuresFigure(features: readonly FeaturesRecord[], canvas: Canvas): Figure {
  const families = [...groupBy(features, ({ activation, batchSize }) => `${activation}, B = ${batchSize}`)];
  const fractions = [...new Set(features.map(({ fraction }) => fraction))];
  return {
    name: "random-features",
    title:
      "Data are not Gaussian: the exact theory of the data is right, the Gaussian formula off by up to a factor of two",
    caption:
      "Excess loss on random features over that of the exact theory of these data: of SGD (marks) and of the formula for Gaussian inputs of the same covariance (dashed), medians over seeds, of SGD with the least and the most, over fractions of the exact threshold.",
    svg: chart(
      {
        description: "SGD lies on the line 1 at every fraction of the threshold; the Gaussian formula lies above.",
        x: { label: "η/η*", ticks: fractions },
        y: { label: "excess loss over the exact theory", type: "log", include: [0.8, 2] },
        predictions: [
          { label: "the exact theory", points: [Math.min, Math.max].map((most) => ({ x: most(...fractions), y: 1 })) },
        ],
        series: families.flatMap(([label, own], style) => [
          {
            label,
            style,
            points: points(
              own,
              ({ fraction }) => fraction,
              ({ excessLoss, exactExcess }) => excessLoss / exactExcess,
            ),
          },
          {
            label: `Gaussian formula, ${label}`,
            style,
            dash: true,
            marks: false,
            points: points(
              own,
              ({ fraction }) => fraction,
              ({ gaussianExcess, exactExcess }) => gaussianExcess / exactExcess,
            ).map(({ x, y }) => ({ x, y })),
          },
        ]),
      },
      canvas,
    ),
  };
}

function tailFigure(tails: readonly TailRecord[], canvas: Canvas): Figure {
  const families = [...groupBy(tails, ({ batchSize }) => batchSize)];
  const rates = Array.from({ length: 25 }, (_, k) => 1.5 + k / 40);
  return {
    name: "tails",
    title: "Beyond ηa = 2 gradient descent diverges and SGD with small batches does not: the tail index is Kesten's",
    caption:
      "Hill's estimate over the learning rate in one dimension, medians over seeds with the least and the most. The lines are Kesten's root, exact, and the closed formula, which crosses it where both are 2 and ends at 0 for ηa = 2 whatever B is.",
    svg: chart(
      {
        description:
          "Tail index over ηa: Hill's estimates follow Kesten's root down past 2; the closed formula reaches 0 at 2.",
        x: { label: "ηa" },
        y: { label: "tail index τ", include: [0] },
        predictions: families.flatMap(([batchSize]) => [
          {
            label: `Kesten, B = ${batchSize}`,
            points: rates.map((x) => ({ x, y: gaussianTailIndex(x, batchSize).value })),
          },
          {
            label: `closed formula, B = ${batchSize}`,
            points: rates.map((x) => ({ x, y: gaussianTailFormula(x, batchSize) })).filter(({ y }) => y >= 0),
          },
        ]),
        series: families.map(([batchSize, own]) => ({
          label: `SGD, B = ${batchSize}`,
          line: false,
          points: points(
            own,
            ({ learningRate }) => learningRate,
            ({ hill }) => hill,
          ),
        })),
      },
      canvas,
    ),
  };
}

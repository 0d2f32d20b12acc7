import { seededRandom } from "@sgdscope/random";
import {
  convexLoss,
  crossEntropyLoss,
  huberLoss,
  labelRows,
  logisticLoss,
  poissonLoss,
  pseudoHuberLoss,
  squareLoss,
  type OutputLoss,
} from "../../src/losses.js";

type Random = () => number;

/** A loss, and outputs and targets in its domain. */
export interface Case {
  name: string;
  loss: OutputLoss;
  outputs: number;
  targets: (random: Random, outputs: number) => number[];
}

const label = (random: Random, outputs: number): number[] => [...labelRows([Math.floor(random() * outputs)], outputs)];
const shares = (random: Random, outputs: number): number[] => {
  const parts = Array.from({ length: outputs }, () => random());
  const sum = parts.reduce((a, b) => a + b);
  return parts.map((part) => part / sum);
};
const any = (random: Random, outputs: number): number[] => Array.from({ length: outputs }, () => random() - 0.5);

/** log cosh by value, gradient and curvature: what a user would write. */
const logCosh = convexLoss({
  id: "log-cosh",
  value: (f, y) => Array.from(f).reduce((sum, value, c) => sum + Math.log(Math.cosh(value - y[c]!)), 0),
  gradient: (f, y) => Array.from(f, (value, c) => Math.tanh(value - y[c]!)),
  curvature: (f, y) =>
    Array.from(f, (value, c) => Array.from(f, (_, d) => (c === d ? 1 - Math.tanh(value - y[c]!) ** 2 : 0))).flat(),
});

export const cases: readonly Case[] = [
  { name: "square, C = 2", loss: squareLoss(), outputs: 2, targets: any },
  { name: "cross-entropy of labels, C = 2", loss: crossEntropyLoss(), outputs: 2, targets: label },
  { name: "cross-entropy of labels, C = 5", loss: crossEntropyLoss(), outputs: 5, targets: label },
  { name: "cross-entropy of soft targets, C = 4", loss: crossEntropyLoss(), outputs: 4, targets: shares },
  {
    name: "cross-entropy, smoothed, C = 3",
    loss: crossEntropyLoss({ labelSmoothing: 0.2 }),
    outputs: 3,
    targets: label,
  },
  { name: "logistic of labels", loss: logisticLoss(), outputs: 1, targets: (random) => [random() < 0.5 ? 0 : 1] },
  {
    name: "logistic, smoothed, C = 2",
    loss: logisticLoss({ labelSmoothing: 0.2 }),
    outputs: 2,
    targets: label,
  },
  { name: "logistic of shares, C = 3", loss: logisticLoss(), outputs: 3, targets: (random, C) => shares(random, C) },
  { name: "Huber within δ", loss: huberLoss({ delta: 9 }), outputs: 2, targets: any },
  { name: "pseudo-Huber", loss: pseudoHuberLoss({ delta: 0.7 }), outputs: 2, targets: any },
  {
    name: "Poisson",
    loss: poissonLoss(),
    outputs: 2,
    targets: (random, C) => Array.from({ length: C }, () => Math.floor(4 * random())),
  },
  { name: "log cosh of a user", loss: logCosh, outputs: 2, targets: any },
];

/** Random outputs and targets of n examples. */
export function examplesOf({ outputs: C, targets }: Case, examples: number, seed: number) {
  const random = seededRandom(seed).stream("losses");
  const draw = (): number => random();
  return {
    outputs: Float64Array.from({ length: examples * C }, () => 3 * (draw() - 0.5)),
    targets: Float64Array.from(Array.from({ length: examples }, () => targets(draw, C)).flat()),
    shape: { examples, outputs: C },
    draw,
  };
}

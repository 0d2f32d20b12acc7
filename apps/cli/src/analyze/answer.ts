import type { ConditionAnalysis, MinimumAnalysis } from "@sgdscope/analysis";
import { formatNumber } from "../terminal/number.js";

/** The answer in a sentence or two per batch size: stable or not, by how much, and what would make it stable. */
export function answerText({ conditions, noise, outputLoss }: MinimumAnalysis): string {
  const descent = 2 / noise.largestEigenvalue;
  const place = placeOf(outputLoss);
  const lines = conditions.some(({ verdict }) => verdict !== undefined)
    ? conditions.map((condition) => judged(condition, descent, place))
    : [edges(conditions, descent, place)];
  return `${lines.join("\n")}\n`;
}

/** Where the linearisation of another loss was taken is a point along a training, hardly ever a minimum. */
export const placeOf = (outputLoss: MinimumAnalysis["outputLoss"]): string =>
  outputLoss === undefined ? "this minimum" : "this point";

function judged(
  { batchSize, sampling, verdict, threshold, marks }: ConditionAnalysis,
  descent: number,
  place: string,
): string {
  const { verdict: word, edgeRatio, growth, learningRate } = verdict!;
  const edge = number(threshold.criticalLearningRate);
  const sgd = `SGD with η = ${learningRate}, B = ${batchSize} (${sampling})`;
  const but = outside(marks);
  if (word === "marginal") return `Marginal${but}: ${sgd} stands on the edge of ${place}, η = η* = ${edge}.`;
  if (word === "stable")
    return `Stable${but}: ${sgd} stays at ${place} in mean square; η is ${number(edgeRatio)} of the exact threshold η* = ${edge}.`;
  const grows = `its expected loss ${place === "this minimum" ? "" : "in this linearisation "}grows by the factor ${number(growth.spectralRadius)} per step`;
  const cure =
    learningRate < descent
      ? `η below ${edge} would stay, and so would large enough batches: gradient descent stays up to 2/λ_max = ${number(descent)}`
      : `η below ${edge} would stay; no batch size stays at this η, which is beyond 2/λ_max = ${number(descent)} of gradient descent`;
  return `Unstable${but}: ${sgd} leaves ${place}, ${grows}; η is ${number(edgeRatio)} times the exact threshold η*. ${cure}.`;
}

/** Without a learning rate: where the edge is. */
function edges(conditions: readonly ConditionAnalysis[], descent: number, place: string): string {
  const each = conditions.map(
    ({ batchSize, threshold }) => `${number(threshold.criticalLearningRate)} at B = ${batchSize}`,
  );
  return (
    `SGD (${conditions[0]!.sampling}) stays at ${place} in mean square for learning rates up to η* = ${each.join(", ")}; ` +
    `gradient descent up to 2/λ_max = ${number(descent)}.`
  );
}

/** What a verdict carries where it stands outside the hypotheses of its theorem. */
export const outside = (marks: readonly unknown[]): string =>
  marks.length === 0 ? "" : " — outside the hypotheses of the theorem, see ! below";

const number = (value: number): string => formatNumber(value, 4);

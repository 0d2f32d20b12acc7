import type { ConditionAnalysis, MinimumAnalysis } from "@sgdscope/analysis";
import { isPlainSgd, type Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { formatNumber } from "../terminal/number.js";
import { optimizerName } from "../terminal/optimizer-name.js";

/** The answer in a sentence or two per batch size: stable or not, by how much, and what would make it stable. */
export function answerText({ conditions, outputLoss, minimum: { preconditioned = false } }: MinimumAnalysis): string {
  const place = { ...(outputLoss === undefined ? minimum : point), preconditioned };
  const lines = conditions.some(({ verdict }) => verdict !== undefined)
    ? conditions.map((condition) => judged(condition, place))
    : [edges(conditions, place)];
  return `${lines.join("\n")}\n`;
}

/** What SGD stays at or leaves, and whose expected loss grows where it leaves. */
interface Place {
  name: string;
  loss: string;
  preconditioned?: boolean;
}
const nameIn = ({ preconditioned }: Place, optimizer: Optimizer): string =>
  `${preconditioned === true ? "Preconditioned " : ""}${optimizerName(optimizer)}`;
const minimum: Place = { name: "this minimum", loss: "its expected loss" };
/** Where another loss was linearised: hardly ever a minimum, and its own loss may grow by much less. */
const point: Place = { name: "this point", loss: "the expected loss of its linearisation" };

function judged(condition: ConditionAnalysis, place: Place): string {
  const { batchSize, sampling, optimizer, verdict, threshold, meanEdge, marks } = condition;
  const { verdict: word, edgeRatio, growth, learningRate } = verdict!;
  const edge = number(threshold.criticalLearningRate);
  const plain = isPlainSgd(optimizer);
  const sgd = `${nameIn(place, optimizer)}${plain ? " with" : ","} η = ${learningRate}, B = ${batchSize} (${sampling})`;
  const but = outside(marks);
  if (word === "marginal") return `Marginal${but}: ${sgd} stands on the edge of ${place.name}, η = η* = ${edge}.`;
  if (word === "stable")
    return `Stable${but}: ${sgd} stays at ${place.name} in mean square; η is ${number(edgeRatio)} of ${plain ? "the" : "its own"} exact threshold η* = ${edge}${besidePlain(condition, place)}.`;
  const grows = `${plain ? `${place.loss} grows` : "second moments grow"} by the factor ${number(growth.spectralRadius)} per step`;
  const descent = `${plain ? "2/λ_max = " : ""}${number(meanEdge)}`;
  const full = plain ? "gradient descent" : "full-batch training with this optimizer";
  const cure =
    learningRate < meanEdge
      ? `η below ${edge} would stay, and so would large enough batches: ${full} stays up to ${descent}`
      : `η below ${edge} would stay; no batch size stays at this η, which is beyond ${descent} of ${full}`;
  return `Unstable${but}: ${sgd} leaves ${place.name}, ${grows}; η is ${number(edgeRatio)} times ${plain ? "the" : "its own"} exact threshold η*${besidePlain(condition, place)}. ${cure}.`;
}

/** Without a learning rate: where the edge is. */
function edges(conditions: readonly ConditionAnalysis[], place: Place): string {
  const { optimizer, sampling, meanEdge, marks } = conditions[0]!;
  const plain = isPlainSgd(optimizer);
  const each = conditions.map(
    (one) => `${number(one.threshold.criticalLearningRate)} at B = ${one.batchSize}${besidePlain(one, place)}`,
  );
  return (
    `${nameIn(place, optimizer)} (${sampling}) stays at ${place.name} in mean square for learning rates up to η* = ${each.join(", ")}; ` +
    `${plain ? "gradient descent up to 2/λ_max =" : "full-batch training with this optimizer up to"} ${number(meanEdge)}${outside(marks)}.`
  );
}

/** The threshold that plain SGD would have, beside that of another optimizer. */
function besidePlain({ optimizer, bounds }: ConditionAnalysis, { preconditioned }: Place): string {
  const [exact] = bounds;
  return isPlainSgd(optimizer) || exact === undefined
    ? ""
    : ` (${number(exact.criticalLearningRate)} ${preconditioned === true ? "without momentum" : "for plain SGD"})`;
}

/** What a verdict carries where it stands outside the hypotheses of its theorem. */
const outside = (marks: readonly unknown[]): string =>
  marks.length === 0 ? "" : " — outside the hypotheses of the theorem, see ! below";

const number = (value: number): string => formatNumber(value, 4);

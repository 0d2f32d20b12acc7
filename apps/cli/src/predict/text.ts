import { lossConvention, type Mark, type Reached } from "@sgdscope/analysis";
import type { Prediction, Trial } from "@sgdscope/experiments";
import { optimizerName } from "../terminal/optimizer-name.js";
import { formatNumber } from "../terminal/number.js";
import { formatTable, type Column } from "../terminal/table.js";
import { plural } from "../terminal/words.js";

/** What was predicted of one minimum, and tried where that was asked for. */
export interface Predicted {
  name: string;
  /** What people call a loss that is not square. */
  lossLabel?: string | undefined;
  examples: number;
  outputs: number;
  rank: number;
  rankTolerance: number;
  reached: Reached;
  predictions: readonly (Prediction | Trial)[];
  /** Where some prediction stands outside the hypotheses of its theorem. */
  marks: readonly Mark[];
}

const isTried = (one: Prediction | Trial): one is Trial => "observed" in one;

/** Whether the loss of some trial has a floor above 0, so that ratios are those of what is over it. */
const ofExcess = (tried: readonly Trial[]): boolean =>
  tried.some(({ startLoss, startExcess }) => startExcess < startLoss);

/** Within a tenth of the edge growth is too slow, or too rare, to be seen in a run. */
const isNear = ({ edgeRatio }: Prediction): boolean => Math.abs(edgeRatio - 1) <= 0.1 + 1e-9;

/** A run beyond 10 % of the edge that did otherwise than was said. */
export const isMissed = (one: Prediction | Trial): boolean =>
  isTried(one) && !isNear(one) && one.observed !== one.predicted;

/** The predictions for a person: the answer in a sentence, then a row per setting. */
export function predictionText({ name, lossLabel, examples, outputs, rank, predictions, marks }: Predicted): string {
  const stays = predictions.filter(({ predicted }) => predicted === "stays").length;
  const tried = predictions.filter(isTried);
  const judged = tried.filter((one) => !isNear(one));
  const right = judged.filter((one) => !isMissed(one)).length;
  const columns: Column<Prediction | Trial>[] = [
    { heading: "optimizer", cell: ({ optimizer }) => optimizerName(optimizer), align: "left" },
    { heading: "B", cell: ({ batchSize }) => String(batchSize) },
    { heading: "η", cell: ({ learningRate }) => formatNumber(learningRate, 4) },
    { heading: "η/η*", cell: ({ edgeRatio }) => formatNumber(edgeRatio, 4) },
    { heading: "ρ per step", cell: ({ growthRate }) => formatNumber(Math.exp(growthRate), 6) },
    { heading: "predicted", cell: ({ predicted }) => predicted, align: "left" },
    ...(tried.length === 0
      ? []
      : [
          { heading: "did", cell: (one: Prediction) => (isTried(one) ? one.observed : "–"), align: "left" as const },
          {
            heading: `largest ${ofExcess(tried) ? "excess" : "L"}/${ofExcess(tried) ? "first" : "L₀"}`,
            cell: (one: Prediction) => (isTried(one) ? formatNumber(one.largestRatio, 3) : "–"),
          },
          { heading: "steps", cell: (one: Prediction) => (isTried(one) ? String(one.steps) : "–") },
          {
            heading: "",
            cell: (one: Prediction) => (isMissed(one) ? "missed" : isNear(one) ? "within 10 % of the edge" : ""),
            align: "left" as const,
          },
        ]),
  ];
  const answer =
    tried.length === 0
      ? `${stays} of ${plural(predictions.length, "setting")} would stay at this minimum; --try runs them.`
      : `${right} of ${plural(judged.length, "run")} beyond 10 % of the edge did as predicted${
          tried.length > judged.length ? `; ${tried.length - judged.length} nearer to it are not judged` : ""
        }.`;
  return `${answer}\n\n${name}: ${examples} examples × ${plural(outputs, "output")}, rank ${rank}${lossLabel === undefined ? "" : `, ${lossLabel}`}\n\n${formatTable(columns, predictions)}${marks.map(({ text }) => `! ${text}\n`).join("")}`;
}

/** The predictions as a document of the schema `sgdscope/predict@1`; what was not tried is null. */
export function predictionDocument({ predictions, marks, lossLabel, ...minimum }: Predicted): object {
  return {
    schema: "sgdscope/predict@1",
    lossConvention: lossConvention(lossLabel),
    minimum: { ...minimum, ...(lossLabel === undefined ? {} : { lossLabel }) },
    marks,
    predictions: predictions.map((one) => {
      if (!isTried(one)) return { ...one, trial: null };
      const { part: _, observed, startLoss, startExcess, largestRatio, endRatio, steps, ...said } = one;
      return {
        ...said,
        trial: { observed, startLoss, startExcess, largestRatio, endRatio, steps, judged: !isNear(one) },
      };
    }),
  };
}

import type { MinimumAnalysis } from "./analysis.js";

/** How a document says its loss: that of the square one, or the label of another. */
export const lossConvention = (label?: string): string =>
  label === undefined ? "L = (1/2n) sum |f - y|^2" : `L = (1/n) sum loss(f, y): ${label}`;

/**
 * An analysis as the document of the schema `sgdscope/analyze@2`, in full precision. `null` is what was not asked or has no
 * value; write it with `formatJson` of `@sgdscope/array-files`, which keeps infinities.
 */
export function analysisDocument({ minimum, noise, outputLoss, alignmentRange, conditions }: MinimumAnalysis): object {
  return {
    schema: "sgdscope/analyze@2",
    lossConvention:
      outputLoss === undefined
        ? lossConvention()
        : `${lossConvention(outputLoss.label)}, is outputLoss.loss; noise.loss is m/2, m = outputLoss.naturalScale`,
    minimum,
    noise: withNulls(noise),
    outputLoss: outputLoss === undefined ? null : withNulls(outputLoss),
    alignmentRange: alignmentRange ?? null,
    conditions: conditions.map(({ threshold, verdict, ...condition }) => ({
      ...withNulls(condition),
      criticalLearningRate: threshold.criticalLearningRate,
      threshold,
      verdict: verdict === undefined ? null : withNulls(verdict),
    })),
  };
}

/** Undefined values as null, so that a key is always there. */
const withNulls = (record: object): object =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, (value as unknown) ?? null]));

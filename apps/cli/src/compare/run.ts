import { compareThresholds, gaussianDesignMinimum, type Comparison } from "@sgdscope/analysis";
import { aboutMinimum, readMinimum, type SourcedMinimum } from "../sources/minimum.js";
import { printJson } from "../terminal/json.js";
import type { CompareOptions } from "./options.js";
import { comparisonDocument, comparisonText } from "./text.js";
import { print, tell } from "../terminal/print.js";

/** Any of these asks for a minimum of one's own, and is refused where it does not make one. */
const ofMinimum = [
  ...(["gram", "jacobian", "preconditioner", "residuals", "run"] as const),
  ...(["loss", "logits", "labels", "targets", "exampleWeights", "labelSmoothing", "delta"] as const),
] satisfies (keyof CompareOptions)[];

/** Takes the minimum, or makes the Gaussian one, and prints the thresholds side by side. */
export async function compare(options: CompareOptions): Promise<void> {
  const none = ofMinimum.every((name) => options[name] === undefined);
  const { minimum, notes, source }: Omit<SourcedMinimum, "source"> & { source?: SourcedMinimum["source"] } = none
    ? { minimum: gaussianDesignMinimum({ seed: options.seed }), notes: [] }
    : await readMinimum(options, { withoutResiduals: true });
  if (options.quiet !== true) for (const note of notes) tell(`${note}\n`);
  const { examples } = minimum.system;
  const batchSizes = options.batchSize ?? [1, 2, 8, 32].filter((size) => size <= examples);
  const sampling = options.sampling ?? (none ? "with-replacement" : undefined);
  const compared = (): Comparison =>
    compareThresholds(minimum, { batchSizes, ...(sampling === undefined ? {} : { sampling }) });
  const comparison = source === undefined ? compared() : await aboutMinimum({ source }, compared);
  if (options.json === true) printJson(comparisonDocument(comparison));
  else print(comparisonText(comparison));
}

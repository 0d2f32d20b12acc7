import { compareThresholds, gaussianDesignMinimum } from "@sgdscope/analysis";
import { readMinimum } from "../sources/minimum.js";
import { printJson } from "../terminal/json.js";
import type { CompareOptions } from "./options.js";
import { comparisonDocument, comparisonText } from "./text.js";
import { print, tell } from "../terminal/print.js";

/** Takes the minimum, or makes the Gaussian one, and prints the thresholds side by side. */
export async function compare(options: CompareOptions): Promise<void> {
  const { gram, jacobian, residuals, run } = options;
  const none = [gram, jacobian, residuals, run].every((each) => each === undefined);
  const { minimum, notes } = none
    ? { minimum: gaussianDesignMinimum({ seed: options.seed }), notes: [] }
    : await readMinimum(options, { withoutResiduals: true });
  for (const note of notes) tell(`${note}\n`);
  const { examples } = minimum.system;
  const batchSizes = options.batchSize ?? [1, 2, 8, 32].filter((size) => size <= examples);
  const sampling = options.sampling ?? (none ? "with-replacement" : undefined);
  const comparison = compareThresholds(minimum, { batchSizes, ...(sampling === undefined ? {} : { sampling }) });
  if (options.json === true) printJson(comparisonDocument(comparison));
  else print(comparisonText(comparison));
}

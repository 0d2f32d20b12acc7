import { analyse, analysisDocument } from "@sgdscope/analysis";
import { readMinimum } from "../sources/minimum.js";
import { printJson } from "../terminal/json.js";
import { progressOn } from "../terminal/progress.js";
import type { AnalyzeOptions } from "./options.js";
import { analysisText, sourcesText } from "./text.js";
import { print } from "../terminal/print.js";

/** Reads the files, analyses the minimum and prints it. */
export async function analyze(options: AnalyzeOptions): Promise<void> {
  const { batchSize, sampling, learningRate } = options;
  const { minimum, notes } = await readMinimum(options);
  const progress = progressOn(process.stderr, options.quiet === true);
  for (const note of notes) progress.note(note);
  try {
    const analysis = await analyse(minimum, {
      batchSizes: batchSize,
      ...(sampling === undefined ? {} : { sampling }),
      ...(learningRate === undefined ? {} : { learningRate }),
      onProgress: (fraction, stage) => progress.update(fraction, stage),
    });
    progress.end();
    if (options.json === true) {
      printJson(analysisDocument(analysis));
      return;
    }
    print(analysisText(analysis) + (options.sources === true ? sourcesText(analysis) : ""));
  } finally {
    progress.end();
  }
}

import { analyse, analysisDocument, rankToleranceOf } from "@sgdscope/analysis";
import { prepareMinimum } from "@sgdscope/stability-criterion";
import { readMinimum } from "../sources/minimum.js";
import { printJson } from "../terminal/json.js";
import { progressOn } from "../terminal/progress.js";
import { dynamicsOf, dynamicsText, scalesOf } from "./dynamics.js";
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
    progress.update(0, "eigenvalues");
    const prepared = prepareMinimum(minimum.system, { rankTolerance: rankToleranceOf(minimum) });
    const analysis = await analyse(
      { ...minimum, system: prepared },
      {
        batchSizes: batchSize,
        ...(sampling === undefined ? {} : { sampling }),
        ...(learningRate === undefined ? {} : { learningRate }),
        onProgress: (fraction, stage) => progress.update(fraction, stage),
      },
    );
    const dynamics = dynamicsOf(prepared, analysis, options);
    const scales = scalesOf(prepared, analysis);
    progress.end();
    if (options.json === true) {
      printJson({ ...analysisDocument(analysis), scales: withNulls(scales), dynamics: dynamics.map(withNulls) });
      return;
    }
    print(
      analysisText(analysis, { digits: options.digits, scales }) +
        dynamicsText(dynamics, options) +
        (options.sources === true ? sourcesText(analysis) : ""),
    );
  } finally {
    progress.end();
  }
}

/** What was not asked, or has no value, is null. */
const withNulls = (record: object): object =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, (value as unknown) ?? null]));

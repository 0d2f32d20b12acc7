import { analyse, analysisDocument, prepareInUnits, type MinimumAnalysis } from "@sgdscope/analysis";
import { expectedAnalysis, formatDuration } from "../sources/estimate.js";
import { aboutMinimum } from "../sources/minimum.js";
import { printJson } from "../terminal/json.js";
import { progressOn } from "../terminal/progress.js";
import { askedOf } from "./asked.js";
import { captureDocument, captureText } from "./capture-text.js";
import { dynamicsOf, dynamicsText, refuseDynamics, scalesOf } from "./dynamics.js";
import { analyzeInterval } from "./interval.js";
import type { AnalyzeOptions } from "./options.js";
import { analysisText, sourcesText } from "./text.js";
import { print } from "../terminal/print.js";

/** Reads the files, analyses the minimum and prints it. */
export async function analyze(options: AnalyzeOptions): Promise<void> {
  const { modes } = options;
  if (modes !== undefined) {
    await analyzeInterval({ ...options, modes });
    return;
  }
  const asked = await askedOf(options, ({ optimizer }) => {
    if (optimizer !== undefined) refuseDynamics(options, optimizer);
  });
  const { batchSize, sampling, learningRate, optimizer, capture } = asked;
  const { minimum, notes, source } = asked.sourced;
  const progress = progressOn(process.stderr, options.quiet === true);
  for (const note of notes) progress.note(note);
  try {
    const { examples, outputs } = minimum.system;
    const long = expectedAnalysis(
      { examples, outputs, batchSizes: batchSize.length, judged: learningRate !== undefined },
      "fewer examples or batch sizes take less, and so does an interval from some --modes; Ctrl-C ends it",
    );
    if (long !== undefined) {
      progress.note(long.note);
      progress.expect(long.cost.seconds, formatDuration(long.cost.seconds));
    }
    progress.update(0, "eigenvalues");
    const inUnits = await aboutMinimum({ source }, () => prepareInUnits(minimum));
    const analysis = await analyse(
      { ...minimum, system: inUnits.prepared, unit: inUnits.unit },
      {
        batchSizes: batchSize,
        ...(sampling === undefined ? {} : { sampling }),
        ...(learningRate === undefined ? {} : { learningRate }),
        ...(optimizer === undefined ? {} : { optimizer }),
        onProgress: (fraction, stage) => progress.update(fraction, stage),
      },
    );
    const dynamics = dynamicsOf(inUnits, analysis, {
      ...options,
      ...(learningRate === undefined ? {} : { learningRate }),
    });
    const scales = scalesOf(inUnits);
    if (outOfRange(analysis)) progress.note(outOfRangeNote);
    progress.end();
    if (options.json === true) {
      printJson({
        ...analysisDocument(analysis),
        scales: withNulls(scales),
        dynamics: dynamics.map(withNulls),
        ...(capture === undefined ? {} : { capture: captureDocument(capture, analysis) }),
      });
      return;
    }
    print(
      analysisText(analysis, { digits: options.digits, scales }) +
        (capture === undefined ? "" : captureText(capture, analysis, options.digits)) +
        dynamicsText(dynamics, { digits: options.digits, optimizer }, analysis) +
        (options.sources === true ? sourcesText(analysis) : ""),
    );
  } finally {
    progress.end();
  }
}

const outOfRangeNote =
  "note: some quantities of minima of this scale lie beyond the range of Float64, and are printed as 0 or ∞; ratios and thresholds are right";

/** Whether a sum of squares that is neither 0 nor infinite is printed as either. */
const outOfRange = ({ noise }: MinimumAnalysis): boolean =>
  noise.chi.some((chi) => chi === Infinity) ||
  (noise.frobeniusG > 0 && noise.chi.every((chi) => chi === 0)) ||
  [noise.traceUncentredNoiseG, noise.gradientCurvature].includes(Infinity) ||
  (noise.frobeniusUncentredNoise > 0 && noise.traceUncentredNoiseG === 0);

/** What was not asked, or has no value, is null. */
const withNulls = (record: object): object =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, (value as unknown) ?? null]));

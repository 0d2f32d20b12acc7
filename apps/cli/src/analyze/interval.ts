import { analyseInterval, lossConvention, type ConditionInterval, type IntervalAnalysis } from "@sgdscope/analysis";
import { aboutMinimum } from "../sources/minimum.js";
import { usageError } from "../terminal/errors.js";
import { printJson } from "../terminal/json.js";
import { formatNumber } from "../terminal/number.js";
import { print } from "../terminal/print.js";
import { progressOn } from "../terminal/progress.js";
import { formatTable, type Column } from "../terminal/table.js";
import { plural } from "../terminal/words.js";
import { isPlainSgd } from "@sgdscope/stability-criterion/optimizers";
import { optimizerName } from "../terminal/optimizer-name.js";
import { askedOf } from "./asked.js";
import { captureIntervalDocument, captureIntervalText } from "./capture-text.js";
import { dynamicsAsked } from "./dynamics.js";
import type { AnalyzeOptions } from "./options.js";

/** `analyze --modes <k>`: an interval around η* where K is too large for all its eigenvalues. */
export async function analyzeInterval(options: AnalyzeOptions & { modes: number }): Promise<void> {
  const { modes, digits } = options;
  const other = dynamicsAsked(options)[0] ?? (options.sources === true ? "--sources" : undefined);
  if (other !== undefined)
    throw usageError(
      `${other}: expected no --modes beside it, which leaves out what this needs`,
      "leave one of them out",
    );
  const asked = await askedOf(options, ({ optimizer }) => {
    if (optimizer !== undefined && !isPlainSgd(optimizer))
      throw usageError(
        `--modes: expected plain SGD beside it, got ${optimizerName(optimizer)}`,
        "without it the threshold of any optimizer is exact",
      );
  });
  const { batchSize, sampling, learningRate, optimizer, capture } = asked;
  const { minimum, notes, source } = asked.sourced;
  const progress = progressOn(process.stderr, options.quiet === true);
  for (const note of notes) progress.note(note);
  try {
    const analysis = await aboutMinimum({ source }, () =>
      analyseInterval(minimum, {
        batchSizes: batchSize,
        modes,
        ...(sampling === undefined ? {} : { sampling }),
        ...(learningRate === undefined ? {} : { learningRate }),
        ...(optimizer === undefined ? {} : { optimizer }),
        onProgress: (fraction, stage) => progress.update(fraction, stage),
      }),
    );
    progress.end();
    if (options.json === true)
      printJson({
        ...document(analysis, minimum.lossAtPoint?.label),
        ...(capture === undefined ? {} : { capture: captureIntervalDocument(capture, analysis) }),
      });
    else print(text(analysis, digits) + (capture === undefined ? "" : captureIntervalText(capture, analysis, digits)));
  } finally {
    progress.end();
  }
}

const document = ({ conditions, ...analysis }: IntervalAnalysis, label: string | undefined): object => ({
  schema: "sgdscope/analyze-interval@1",
  lossConvention: lossConvention(label),
  ...analysis,
  conditions: conditions.map(({ learningRate = null, verdict = null, ...rest }) => ({
    ...rest,
    learningRate,
    verdict,
  })),
});

function text(
  { minimum, modes, tailShare, traceG, eigenvalues, conditions }: IntervalAnalysis,
  digits: number,
): string {
  const number = (value: number): string => formatNumber(value, digits);
  const { examples, outputs, preconditioned = false } = minimum;
  const columns: Column<ConditionInterval>[] = [
    { heading: "B", cell: (one) => String(one.batchSize) },
    { heading: "η* at least", cell: ({ lower }) => number(lower) },
    { heading: "at most", cell: ({ upper }) => number(upper) },
    { heading: "±", cell: ({ lower, upper }) => `${formatNumber((100 * (upper - lower)) / (upper + lower), 2)} %` },
    ...(conditions[0]!.learningRate === undefined
      ? []
      : ([
          { heading: "η", cell: ({ learningRate }) => String(learningRate) },
          { heading: "", cell: ({ verdict }) => verdict!, align: "left" },
        ] as Column<ConditionInterval>[])),
  ];
  const { sampling, marks, meanEdge } = conditions[0]!;
  const undecided = conditions.some(({ verdict }) => verdict === "undecided");
  return (
    `${preconditioned ? "Preconditioned SGD" : "SGD"} (${sampling}) stays at this ${minimum.loss === "square" ? "minimum" : "point"} in mean square up to a threshold η* between these:\n` +
    formatTable(columns, conditions) +
    (undecided ? "Undecided: η lies inside the interval; more --modes narrow it.\n" : "") +
    `${examples} examples × ${plural(outputs, "output")}; ${modes} of ${examples * outputs} modes were taken exactly, and bounds hold whatever the others are: they have ${number(100 * tailShare)} % of Tr G = ${number(traceG)}. ` +
    `λ_max(G) = ${number(eigenvalues[0]!)}; gradient descent stays up to 2/λ_max = ${number(meanEdge)}.\n` +
    `Growth rates, bounds of papers, the range of μ and a floor of the loss need all modes: leave --modes out.\n` +
    marks.map(({ text: words }) => `  ! ${words}\n`).join("")
  );
}

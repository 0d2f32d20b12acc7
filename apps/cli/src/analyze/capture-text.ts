import type { IntervalAnalysis, MinimumAnalysis, ReadCapture } from "@sgdscope/analysis";
import { formatNumber } from "../terminal/number.js";
import { printable } from "../terminal/print.js";
import { formatTable, type Column } from "../terminal/table.js";

/** One batch size of a capture with rates as PyTorch has them; `lr` is null where none was judged. */
interface InPyTorch {
  batchSize: number;
  /** Critical learning rates: one, or the ends of an interval. */
  critical: readonly number[];
  lr: number | null;
  verdict: string | null;
}

const rowsOf = ({ metadata }: ReadCapture, { conditions }: MinimumAnalysis): InPyTorch[] =>
  conditions.map(({ batchSize, threshold, verdict }) => ({
    batchSize,
    critical: [threshold.criticalLearningRate / metadata.units.learningRate],
    lr: verdict === undefined ? null : verdict.learningRate / metadata.units.learningRate,
    verdict: verdict?.verdict ?? null,
  }));

const intervalRowsOf = ({ metadata }: ReadCapture, { conditions }: IntervalAnalysis): InPyTorch[] =>
  conditions.map(({ batchSize, lower, upper, learningRate, verdict }) => ({
    batchSize,
    critical: [lower, upper].map((rate) => rate / metadata.units.learningRate),
    lr: learningRate === undefined ? null : learningRate / metadata.units.learningRate,
    verdict: verdict ?? null,
  }));

/** Rates in the units of PyTorch, and what was taken for granted, for a person. */
export const captureText = (capture: ReadCapture, analysis: MinimumAnalysis, digits: number): string =>
  text(capture, rowsOf(capture, analysis), ["lr*"], digits);

export const captureIntervalText = (capture: ReadCapture, analysis: IntervalAnalysis, digits: number): string =>
  text(capture, intervalRowsOf(capture, analysis), ["lr* at least", "at most"], digits);

function text({ metadata }: ReadCapture, rows: readonly InPyTorch[], headings: string[], digits: number): string {
  const { loss, optimizer, model, examples, outputs, units, versions, assumptions } = metadata;
  const number = (value: number): string => formatNumber(value, digits);
  const columns: Column<InPyTorch>[] = [
    { heading: "B", cell: ({ batchSize }) => String(batchSize) },
    ...headings.map((heading, k) => ({ heading, cell: ({ critical }: InPyTorch) => number(critical[k]!) })),
    ...(rows[0]!.lr === null
      ? []
      : ([
          { heading: "lr", cell: ({ lr }) => number(lr!) },
          {
            heading: "lr*/lr",
            cell: ({ lr, critical }) => critical.map((edge) => formatNumber(edge / lr!, 4)).join(" … "),
          },
          { heading: "", cell: ({ verdict }) => verdict!, align: "left" },
        ] as Column<InPyTorch>[])),
  ];
  const factor =
    units.learningRate === 1 ? "the same as η here" : `η here is ${number(units.learningRate)} times PyTorch's lr`;
  return printable(
    `\nIn PyTorch's units: ${model}, ${loss.pytorch}${optimizer === undefined ? "" : `, ${optimizer.pytorch.name}`}, ${examples} examples × ${outputs} outputs; ${factor}\n` +
      formatTable(columns, rows).replace(/^(?=.)/gm, "  ") +
      `Assumed: ${assumptions.join(" ")} (captured by sgdscope ${versions.sgdscope}, torch ${versions.torch})\n`,
  );
}

/** The part of a document that speaks of a capture. */
export const captureDocument = (capture: ReadCapture, analysis: MinimumAnalysis): object => ({
  ...described(capture),
  conditions: rowsOf(capture, analysis).map(({ batchSize, critical, lr }) => ({
    batchSize,
    criticalLearningRate: critical[0]!,
    learningRate: lr,
    margin: lr === null ? null : critical[0]! / lr,
  })),
});

export const captureIntervalDocument = (capture: ReadCapture, analysis: IntervalAnalysis): object => ({
  ...described(capture),
  conditions: intervalRowsOf(capture, analysis).map(({ batchSize, critical: [lower, upper], lr }) => ({
    batchSize,
    lower,
    upper,
    learningRate: lr,
  })),
});

const described = ({ metadata }: ReadCapture): object => {
  const { model, parameters, examples, examplesInAll, loss, units, optimizer, sampling, assumptions } = metadata;
  return {
    framework: "pytorch",
    model,
    parameters,
    examples,
    examplesInAll: examplesInAll ?? null,
    loss: loss.pytorch,
    optimizer: optimizer?.pytorch ?? null,
    sampling: sampling ?? null,
    units,
    assumptions,
  };
};

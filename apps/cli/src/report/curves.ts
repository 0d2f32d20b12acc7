import { alongTrainingFigures, type AlongTrainingFigure, type Canvas } from "@sgdscope/figures";
import type { StoredRun } from "@sgdscope/result-files";
import type { MetricRecord, MinimumRecord, MinimumTask } from "@sgdscope/training";
import { formatNumber } from "../terminal/number.js";
import { listed, plural } from "../terminal/words.js";
import { htmlReport, type Section } from "./html.js";
import { minimaColumns } from "./minima.js";

/** What a run shows along its way, on one page for one run or several: each quantity that was measured over the steps. */
export function curvesReport(runs: readonly StoredRun[], canvas: Canvas, version: string): string {
  const several = runs.length > 1;
  const records = runs.flatMap(({ record }) => (record === undefined ? [] : [record as MinimumRecord]));
  return htmlReport(
    several ? `${runs.length} trainings` : `A training: ${settingOf(runs[0]!)}`,
    `What was measured along the way, over the steps. sgdscope ${version}`,
    [
      ...(several ? [{ kind: "contents" as const, title: "Trainings", entries: runs.map(entryOf) }] : []),
      ...(records.length === 0
        ? []
        : [
            {
              kind: "table" as const,
              title: several ? "Where they ended" : "Where it ended",
              headings: minimaColumns.map(({ heading }) => heading),
              rows: records.map((record) => minimaColumns.map(({ cell }) => cell(record))),
              align: minimaColumns.map(({ align }) => align),
            },
          ]),
      ...runs.flatMap((run): Section[] => [
        ...(several
          ? [{ kind: "chapter" as const, id: run.id, title: settingOf(run), lead: `${run.id}, ${run.state}` }]
          : []),
        ...sectionsOf(run, canvas, several ? 3 : 2),
      ]),
    ],
  );
}

function entryOf(run: StoredRun): (Section & { kind: "contents" })["entries"][0] {
  return { id: run.id, text: settingOf(run), note: run.state, good: run.state === "done" };
}

/** What tells a run from another, in a line. */
function settingOf({ task, record }: StoredRun): string {
  const { model, learningRate, batchSize, momentum, optimizer, seed } = task as MinimumTask;
  const name = (record as MinimumRecord | undefined)?.model ?? model.kind;
  const moment = momentum > 0 ? `, β = ${momentum}` : "";
  return `${name}, ${optimizer === undefined ? "" : `${optimizer}, `}η = ${learningRate}, B = ${batchSize}${moment}, seed ${seed}`;
}

function sectionsOf({ metrics, task }: StoredRun, canvas: Canvas, level: 2 | 3): Section[] {
  const lines = metrics as MetricRecord[];
  if (lines.length === 0) return [{ kind: "text", paragraphs: ["Nothing was logged yet."] }];
  const figures = alongTrainingFigures(lines, task as MinimumTask, canvas);
  const drawn = figures.map(({ id, title, svg, hidden }): Section => ({
    kind: "figure",
    level,
    title,
    svg: svg.outerHTML,
    caption: `${captionOf(id, task as MinimumTask, lines)}${hidden === 0 ? "" : ` ${plural(hidden, "value")} that this axis cannot show, infinite or not positive, ${hidden === 1 ? "is" : "are"} left out.`}`,
  }));
  if (figures.some(({ id }) => id !== "loss")) return drawn;
  return [
    ...drawn,
    {
      kind: "text",
      paragraphs: ["This training measured its loss alone: train --probe all measures the edge along the way."],
    },
  ];
}

function captionOf(id: AlongTrainingFigure["id"], task: MinimumTask, lines: readonly MetricRecord[]): string {
  switch (id) {
    case "margin":
      return (
        "η*/η of the exact mean-square criterion at the point where the training stands, for its own optimizer, batch size and loss, linearised there" +
        `${task.loss === undefined ? "" : ` (Gauss–Newton, of the ${task.loss} loss)`}. Below the line at 1 the expected loss of that linearisation grows. ` +
        "The theorem speaks of minima: along the way it is a guide."
      );
    case "sharpness": {
      const has = (name: keyof MetricRecord): boolean => lines.some((line) => line[name] !== undefined);
      const sampled = [
        ...(has("batchSharpness") ? ["the gradients of batches"] : []),
        ...(has("updateSharpness") ? ["the updates of the optimizer"] : []),
      ];
      const edge = has("updateSharpness")
        ? "updates whose sharpness is below it lower the loss of their batch on average"
        : "SGD at the edge holds the sharpness of its batches there, gradient descent λ_max";
      const whiskers = sampled.length === 0 ? "" : ` Curvature along ${listed(sampled)} with one standard error.`;
      return `The line is 2/η = ${formatNumber(2 / task.learningRate, 3)}: ${edge}.${whiskers}`;
    }
    case "trace":
      return "By XTrace, with one standard error.";
    case "noise-scale":
      return "Batches far below it are dominated by noise, far above it by the gradient; Σ is the covariance of the gradients of examples.";
    case "alignment":
      return "μ = Tr(ΣG)/(2L‖G‖_F²), of order 1 where the noise is aligned with the curvature.";
    case "loss":
      return task.loss === undefined
        ? "The full loss L = (1/2n) Σ‖f − y‖² at its checks."
        : `The mean ${task.loss} loss of all examples at its checks.`;
  }
}

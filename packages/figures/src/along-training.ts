import type { MetricRecord } from "@sgdscope/training";
import { chart, type ChartOptions, type ChartSeries } from "./chart.js";
import type { Canvas } from "./theme.js";

/** A quantity of a training over its steps. */
export interface AlongTrainingFigure {
  id: "loss" | "margin" | "sharpness" | "trace" | "noise-scale" | "alignment";
  title: string;
  svg: SVGSVGElement;
  /** How many of its values its axis cannot show: infinite ones, and on a logarithmic one those that are not positive. */
  hidden: number;
}

type Name = keyof MetricRecord;
/** What stands for what in a figure, by the names of the metrics. */
interface Panel {
  id: AlongTrainingFigure["id"];
  title: string;
  axis: string;
  type: "linear" | "log";
  curves: { label: string; name: Name; error?: Name }[];
  /** A line that is there before the data. */
  line?: { label: string; at: (task: { learningRate: number }) => number };
  shade?: ChartOptions["shade"];
  /** Always on the axis. */
  include?: number[];
}

const panels: readonly Panel[] = [
  {
    id: "margin",
    title: "How far from the edge",
    axis: "exact critical learning rate / learning rate  η*/η",
    type: "log",
    curves: [{ label: "η*/η", name: "margin" }],
    line: { label: "1, the edge", at: () => 1 },
    shade: "below",
  },
  {
    id: "sharpness",
    title: "Sharpness",
    axis: "sharpness",
    type: "log",
    curves: [
      { label: "of batches", name: "batchSharpness", error: "batchSharpnessStandardError" },
      { label: "along updates", name: "updateSharpness", error: "updateSharpnessStandardError" },
      { label: "critical, 2/η_c", name: "criticalSharpness" },
      { label: "λ_max of H", name: "largestEigenvalueH" },
    ],
    line: { label: "2/η", at: ({ learningRate }) => 2 / learningRate },
  },
  {
    id: "trace",
    title: "Trace of the Hessian",
    axis: "Tr H",
    type: "linear",
    curves: [{ label: "Tr H", name: "traceH", error: "traceHStandardError" }],
  },
  {
    id: "noise-scale",
    title: "Gradient noise scale",
    axis: "noise scale, in examples",
    type: "log",
    curves: [
      { label: "Tr Σ/‖∇L‖²", name: "noiseScale" },
      { label: "Tr ΣG/∇LᵀG∇L", name: "curvatureNoiseScale" },
    ],
  },
  {
    id: "alignment",
    title: "Alignment factor",
    axis: "alignment factor μ",
    type: "linear",
    curves: [{ label: "μ", name: "alignmentFactor" }],
    include: [0],
  },
  {
    id: "loss",
    title: "Loss",
    axis: "loss L",
    type: "log",
    curves: [{ label: "L", name: "loss" }],
  },
];

/** More points than this are a line without marks. */
const mostMarks = 60;

/**
 * What a training measured along its way, one figure per kind of quantity that it has, over the step: the margin on the line 1, sharpness
 * on the line 2/η, with whiskers of one standard error.
 *
 * @param metrics - The lines of a run, in their order.
 * @param task - η, after the warm-up.
 */
export function alongTrainingFigures(
  metrics: readonly MetricRecord[],
  task: { learningRate: number },
  canvas: Canvas,
): AlongTrainingFigure[] {
  const steps = metrics.map(({ step }) => step);
  const ends = [Math.min(...steps), Math.max(...steps)] as const;
  // Past both edges of the plot, which clips it.
  const across = [2 * ends[0] - ends[1] - 1, 2 * ends[1] - ends[0] + 1];
  return panels.flatMap(({ id, title, axis, type, curves, line, shade, include }) => {
    const series = curves
      .map((curve, style) => seriesOf(metrics, curve, type, style))
      .filter(({ points, hidden }) => points.length + hidden > 0);
    if (series.every(({ points }) => points.length === 0)) return [];
    const level = line?.at(task);
    const figure = chart(
      {
        x: { label: "step", include: [...ends] },
        y: { label: axis, type, include: [...(include ?? []), ...(level === undefined ? [] : [level])] },
        predictions: level === undefined ? [] : [{ label: line!.label, points: across.map((x) => ({ x, y: level })) }],
        series,
        ...(shade === undefined ? {} : { shade }),
        height: 300,
        legend: 176,
        description: descriptionOf(title, series, ends[1], level === undefined ? "" : `the line ${line!.label}`),
      },
      canvas,
    );
    return [{ id, title, svg: figure, hidden: series.reduce((sum, { hidden }) => sum + hidden, 0) }];
  });
}

function seriesOf(
  metrics: readonly MetricRecord[],
  { label, name, error }: Panel["curves"][0],
  type: Panel["type"],
  style: number,
): ChartSeries & { hidden: number } {
  const measured = metrics.filter((metric) => metric[name] !== undefined);
  const points = measured.flatMap((metric) => {
    const [y, deviation] = [metric[name]!, error === undefined ? undefined : metric[error]];
    if (!Number.isFinite(y) || (type === "log" && y <= 0)) return [];
    return [{ x: metric.step, y, ...(deviation === undefined ? {} : { low: y - deviation, high: y + deviation }) }];
  });
  return { label, points, style, marks: points.length <= mostMarks, hidden: measured.length - points.length };
}

function descriptionOf(title: string, series: readonly ChartSeries[], last: number, line: string): string {
  const curves = series.flatMap(({ label, points }) => {
    if (points.length === 0) return [];
    const values = points.map(({ y }) => y);
    const [from, to] = [values[0]!, values.at(-1)!].map((value) => String(Number(value.toPrecision(3))));
    return `${label} from ${from!} to ${to!}`;
  });
  return `${title} over the steps up to ${last}: ${curves.join("; ")}${line === "" ? "" : `; with ${line}`}.`;
}

import * as Plot from "@observablehq/plot";
import {
  colours,
  frame,
  legendPlace,
  legendWidth,
  predictionColour,
  svg,
  symbols,
  type Canvas,
  type LegendPlace,
} from "./theme.js";

/** A value with, where it was measured several times, the smallest and the largest. */
interface ChartPoint {
  x: number;
  y: number;
  low?: number;
  high?: number;
  /** Where the theory does not speak: the mark is hollow. */
  hollow?: boolean;
}

/** Measured points of one kind. */
export interface ChartSeries {
  label: string;
  points: ChartPoint[];
  /** Points joined by a line. Default true. */
  line?: boolean;
  /** Marks on the points. Default true. */
  marks?: boolean;
  /** Series of the same style share colour and shape. Default its place. */
  style?: number;
  /** A second series of a style is dashed. */
  dash?: boolean;
}

/** A curve that is there before the data. */
export interface ChartPrediction {
  label: string;
  points: { x: number; y: number }[];
}

export interface ChartAxis {
  label: string;
  type?: "linear" | "log";
  /** Values that the axis must show, beside the data. */
  include?: number[];
  reverse?: boolean;
  /** Of the ticks; default by the kind of axis. */
  format?: string;
  /** Of the x axis: only these ticks, each with its number. */
  ticks?: number[];
}

export interface ChartOptions {
  x: ChartAxis;
  y: ChartAxis;
  predictions?: ChartPrediction[];
  series: ChartSeries[];
  /** A region that the prediction excludes, above or below the first prediction. */
  shade?: "above" | "below";
  height?: number;
  /** Least width of the legend beside the plot, CSS pixels: figures under each other have plots of one width. */
  legend?: number;
  /** What readers who cannot see it are told. */
  description: string;
}

const dashes = [undefined, "7 4", "2 3", "9 3 2 3"] as const;
const rowHeight = 18;

/**
 * Predictions in their own colour under measured series with whiskers from smallest to largest, and a legend beside them
 * that names every line and mark.
 */
export function chart(options: ChartOptions, canvas: Canvas): SVGSVGElement {
  const { x, y, predictions = [], shade } = options;
  const usable = (point: { x: number; y: number }): boolean => onAxis(x, point.x) && onAxis(y, point.y);
  const series = options.series
    .map((one, k) => ({ ...one, style: one.style ?? k, points: one.points.filter(usable) }))
    .filter((one) => one.points.length > 0);
  const points = series.flatMap((one) => one.points);
  const xDomain = domainOf(
    x,
    points.map((point) => point.x),
  );
  const yDomain = domainOf(
    y,
    // A whisker that reaches beyond what an axis can show ends at its edge.
    points
      .flatMap((point) => [point.y, point.low, point.high])
      .filter((value): value is number => value !== undefined && onAxis(y, value)),
  );
  const within = (value: number): number => Math.min(Math.max(value, yDomain[0]), yDomain[1]);
  const lines = predictions.map((one) => ({ ...one, points: one.points.filter(usable) }));
  const labels = [...predictions, ...series].map(({ label }) => label);
  const place = legendPlace(canvas, lines.length + series.length, {
    height: Math.max(options.height ?? 360, 90 + rowHeight * labels.length),
    legend: Math.max(options.legend ?? 0, legendWidth(labels, 42)),
  });

  return svg(
    {
      ...frame(canvas, 360),
      ...place.options,
      x: { ...axis(x, xDomain, false, canvas.width), ...place.axis },
      y: axis(y, yDomain, true),
      marks: [
        // Text of its own: a logarithmic scale would leave out the labels that it holds to be minor.
        ...(x.ticks === undefined
          ? []
          : [
              Plot.axisX(x.ticks, {
                text: short,
                label: x.label,
                labelAnchor: "center",
                labelArrow: "right",
                ...place.axis,
              }),
            ]),
        Plot.frame({ stroke: "currentColor", strokeOpacity: 0.25 }),
        ...(shade === undefined || lines[0] === undefined
          ? []
          : [
              Plot.areaY(lines[0].points, {
                x: "x",
                y1: (point: ChartPoint) => within(point.y),
                y2: shade === "above" ? yDomain[1] : yDomain[0],
                fill: predictionColour,
                fillOpacity: 0.08,
                clip: true,
              }),
            ]),
        ...lines.map((one, k) =>
          Plot.line(one.points, {
            x: "x",
            y: "y",
            stroke: predictionColour,
            strokeWidth: 2,
            clip: true,
            ...dashed(dashes[k % dashes.length]),
          }),
        ),
        ...series.flatMap((one) => marksOf(one, within)),
        ...legend(
          lines.map(({ label }, k) => ({ label, dash: dashes[k % dashes.length] })),
          series,
          place,
        ),
      ],
    },
    options.description,
  );
}

type Drawn = ChartSeries & { style: number };

const colourOf = ({ style }: Drawn): string => colours[style % colours.length]!;
const symbolOf = ({ style }: Drawn): (typeof symbols)[number] => symbols[style % symbols.length]!;
const dashed = (dash: string | undefined): { strokeDasharray?: string } =>
  dash === undefined ? {} : { strokeDasharray: dash };

function marksOf(one: Drawn, within: (value: number) => number): Plot.Markish[] {
  const colour = colourOf(one);
  const whiskers = one.points.filter(({ low, high }) => low !== undefined && high !== undefined && high > low);
  return [
    ...(one.line === false
      ? []
      : [
          Plot.line(one.points, {
            x: "x",
            y: "y",
            stroke: colour,
            strokeWidth: 1.6,
            clip: true,
            ...dashed(one.dash === true ? "4 3" : undefined),
          }),
        ]),
    Plot.ruleX(whiskers, {
      x: "x",
      y1: (point: ChartPoint) => within(point.low!),
      y2: (point: ChartPoint) => within(point.high!),
      stroke: colour,
      strokeWidth: 1.2,
      strokeOpacity: 0.8,
    }),
    ...(one.marks === false
      ? []
      : [
          Plot.dot(one.points, {
            x: "x",
            y: "y",
            r: 4,
            symbol: symbolOf(one),
            stroke: colour,
            strokeWidth: 1.5,
            fill: (point: ChartPoint) => (point.hollow === true || one.dash === true ? "var(--paper, #fff)" : colour),
            title: (point: ChartPoint) => `${one.label}: ${short(point.x)}, ${short(point.y)}${range(point)}`,
          }),
        ]),
  ];
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
const plain = (value: number): string =>
  value >= 1e-3 && value < 1e5 ? short(value) : value.toExponential(0).replace("e+", "e");
const range = ({ low, high }: ChartPoint): string =>
  low === undefined || high === undefined || low === high ? "" : ` (${short(low)} … ${short(high)})`;

function legend(
  lines: { label: string; dash: string | undefined }[],
  series: Drawn[],
  { at }: LegendPlace,
): Plot.Markish[] {
  const entries = [
    ...lines.map(({ label, dash }) => ({ label, colour: predictionColour, dash, one: undefined })),
    ...series.map((one) => ({
      label: one.label,
      colour: colourOf(one),
      dash: one.dash === true ? "4 3" : undefined,
      one,
    })),
  ];
  return entries.flatMap(({ label, colour, dash, one }, k) => {
    return [
      ...(one?.line === false
        ? []
        : [
            Plot.vector([0], {
              ...at(k, 22),
              length: 24,
              rotate: 90,
              anchor: "middle",
              shape: {
                draw(context, length) {
                  context.moveTo(0, 0);
                  context.lineTo(0, -length);
                },
              },
              stroke: colour,
              strokeWidth: 2,
              strokeLinecap: "butt",
              ...dashed(dash),
            }),
          ]),
      ...(one === undefined || one.marks === false
        ? []
        : [
            Plot.dot([0], {
              ...at(k, 22),
              r: 4,
              symbol: symbolOf(one),
              stroke: colour,
              strokeWidth: 1.5,
              fill: one.dash === true ? "var(--paper, #fff)" : colour,
            }),
          ]),
      Plot.text([label], { ...at(k, 42), textAnchor: "start", lineAnchor: "middle", fill: "currentColor" }),
    ];
  });
}

const onAxis = ({ type }: ChartAxis, value: number): boolean => Number.isFinite(value) && (type !== "log" || value > 0);

/** A little more than what is shown. */
function domainOf({ type, include = [], ticks = [] }: ChartAxis, values: number[]): [number, number] {
  const shown = [...values, ...include, ...ticks];
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  if (type === "log") {
    const margin = Math.max((high / low) ** 0.06, 1.08);
    return [low / margin, high * margin];
  }
  const margin = 0.06 * (high - low || Math.abs(high) || 1);
  // A quantity that is never negative keeps its zero at the edge.
  return [low >= 0 && low - margin < 0 ? 0 : low - margin, high + margin];
}

function axis(
  { type = "linear", label, reverse, format, ticks }: ChartAxis,
  domain: [number, number],
  grid: boolean,
  width = 720,
): Plot.ScaleOptions {
  return {
    type,
    domain,
    label,
    ...(grid ? { grid } : { labelAnchor: "center", labelArrow: "right" }),
    ...(ticks === undefined ? {} : { axis: null }),
    ...(type === "log" ? { tickFormat: format ?? plain, ticks: Math.min(6, Math.round(width / 110)) } : {}),
    ...(type === "linear" && format !== undefined ? { tickFormat: format } : {}),
    ...(reverse === true ? { reverse } : {}),
  };
}

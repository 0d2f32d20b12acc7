import * as Plot from "@observablehq/plot";
import { diagramCriteria, type CriticalCurve, type GrowthRecord } from "@sgdscope/analysis";
import {
  colours,
  frame,
  legendPlace,
  legendWidth,
  predictionColour,
  svg,
  type Canvas,
  type LegendPlace,
} from "./theme.js";

/** Shades of |log ρ|, from slow to fast; the sign chooses the colour. */
const shades = [
  { from: 0, to: 0.01, opacity: 0.2, label: "< 0.01" },
  { from: 0.01, to: 0.1, opacity: 0.38, label: "0.01 … 0.1" },
  { from: 0.1, to: 1, opacity: 0.56, label: "0.1 … 1" },
  { from: 1, to: Infinity, opacity: 0.85, label: "> 1" },
] as const;
const stableColour = colours[0];
const unstableColour = predictionColour;

/** The page behind the figure, for halos; a page may set it, else it is white. */
const paper = "var(--paper, #fff)";

/** How bounds are drawn: all in ink, told apart by their marks and dashes, each criterion always in the same way. */
const markStyles: { symbol: Plot.SymbolName; dash?: string }[] = [
  { symbol: "square", dash: "1 3" },
  { symbol: "triangle", dash: "6 3" },
  { symbol: "star", dash: "6 3" },
  { symbol: "plus", dash: "3 3" },
  { symbol: "times", dash: "3 3" },
  { symbol: "diamond", dash: "9 3" },
  { symbol: "wye", dash: "1 3" },
  { symbol: "circle" },
  { symbol: "asterisk", dash: "9 3 1 3" },
  { symbol: "square2", dash: "9 3 1 3" },
];
/** Every curve that is drawn, exact ones first. */
const drawnCriteria: readonly string[] = [...diagramCriteria, "mean-edge", "plain-sgd", "effective-rate"];
const styleOf = ({ id }: CriticalCurve): (typeof markStyles)[number] =>
  markStyles[Math.max(0, drawnCriteria.indexOf(id) - 1) % markStyles.length]!;
const labelOf = ({ label, kind }: CriticalCurve): string =>
  kind === "sufficient" ? `${label} (sufficient)` : kind === "idealised" ? `${label} (heuristic)` : label;
const strokedSymbols = new Set<Plot.SymbolName>(["plus", "times", "asterisk", "square2"]);

/** What the figure draws. */
export interface DiagramFigureData {
  growth: readonly GrowthRecord[];
  /** The batch size of each entry of the curves, unless there are momenta. */
  batchSizes: readonly number[];
  /** β of each entry of the curves, in a diagram over the momentum. */
  momenta?: readonly number[];
  curves: readonly CriticalCurve[];
}

/**
 * The phase diagram of one minimum: the growth rate of the expected loss as a heat map over batch size and learning rate,
 * blue where SGD stays and vermilion where it leaves, under the exact threshold (thick) and the bounds (thin).
 *
 * A curve is left out where it exceeds the grid or sets no limit.
 */
export function diagramFigure(data: DiagramFigureData, canvas: Canvas): SVGSVGElement {
  const { growth, batchSizes, momenta, curves } = data;
  // Over the momentum a column stands at 1/(1 − β), how many times as fast a heavy ball is in the long run.
  const places = momenta?.map((momentum) => 1 / (1 - momentum)) ?? batchSizes;
  const placeOf = ({ batchSize, momentum }: GrowthRecord): number =>
    momentum === undefined ? batchSize : 1 / (1 - momentum);
  const nameOf = (column: number): string =>
    momenta === undefined ? String(column) : String(momenta[places.indexOf(column)]!);
  const columns = cellEdges([...new Set(growth.map(placeOf))]);
  const rows = cellEdges([...new Set(growth.map((record) => record.learningRate))]);
  const edges = (cells: Map<number, [number, number]>): [number, number] => [
    Math.min(...[...cells.values()].map(([low]) => low)),
    Math.max(...[...cells.values()].map(([, high]) => high)),
  ];
  const [low, high] = edges(rows);
  const lines = curves.map((curve) => ({ curve, points: pointsOf(curve, places) }));
  const exact = lines.find(({ curve }) => curve.kind === "exact");
  const bounds = lines
    .filter(({ curve }) => curve.kind !== "exact" && drawnCriteria.includes(curve.id))
    .sort((a, b) => (b.points[0]?.rate ?? Infinity) - (a.points[0]?.rate ?? Infinity));
  const path = { x: "batchSize", y: "rate", clip: true } as const;

  const named = [...(exact === undefined ? [] : [undefined]), ...bounds.map(({ curve }) => curve)];
  const place = legendPlace(canvas, named.length + 1 + shades.length + 2, {
    height: 470,
    legend: legendWidth(
      bounds.map(({ curve }) => labelOf(curve)),
      44,
    ),
  });

  return svg(
    {
      ...frame(canvas, 470),
      ...place.options,
      x: { type: "log", domain: edges(columns), axis: null },
      y: { type: "log", domain: [low, high], label: "learning rate η", tickFormat: "~g", ticks: 6, tickSize: 4 },
      marks: [
        ...[true, false].flatMap((stable) =>
          shades.map((shade) =>
            Plot.rect(
              growth.filter(({ growthRate: g }) => {
                const size = Math.abs(g);
                return g <= 0 === stable && size >= shade.from && (size < shade.to || shade.to === Infinity);
              }),
              {
                x1: (record: GrowthRecord) => columns.get(placeOf(record))![0],
                x2: (record: GrowthRecord) => columns.get(placeOf(record))![1],
                y1: (record: GrowthRecord) => rows.get(record.learningRate)![0],
                y2: (record: GrowthRecord) => rows.get(record.learningRate)![1],
                fill: stable ? stableColour : unstableColour,
                fillOpacity: shade.opacity,
                shapeRendering: "crispEdges",
                title: (record: GrowthRecord) =>
                  `η = ${record.learningRate.toPrecision(4)}, ${momenta === undefined ? "B" : "β"} = ${nameOf(placeOf(record))}: log ρ = ${record.growthRate.toPrecision(4)}`,
              },
            ),
          ),
        ),
        ...bounds.flatMap(({ curve, points }) => boundMarks(curve, points, columns, [low, high])),
        ...(exact === undefined
          ? []
          : [
              Plot.line(steps(exact.points, columns), { ...path, stroke: paper, strokeWidth: 7 }),
              Plot.line(steps(exact.points, columns), { ...path, stroke: "currentColor", strokeWidth: 4 }),
            ]),
        ...(["unstable", "stable"] as const).map((word) =>
          Plot.text([word], {
            frameAnchor: word === "stable" ? "bottom-right" : "top-left",
            textAnchor: word === "stable" ? "end" : "start",
            dx: word === "stable" ? -10 : 10,
            dy: word === "stable" ? -10 : 10,
            fontWeight: "bold",
            fontSize: 13,
            fill: "currentColor",
            stroke: paper,
            strokeWidth: 4,
          }),
        ),
        // Text of its own: a logarithmic scale would leave out the labels that it holds to be minor.
        Plot.axisX([...columns.keys()], {
          text: nameOf,
          label: momenta === undefined ? "batch size B" : "momentum β",
          labelAnchor: "center",
          tickSize: 4,
          ...place.axis,
        }),
        Plot.frame({ stroke: "currentColor", strokeOpacity: 0.35 }),
        ...curveLegend(named, place),
        ...shadeLegend(named.length + 1, place),
      ],
    },
    `Phase diagram of one minimum: growth rate of the expected loss under SGD over ${momenta === undefined ? "batch size" : "momentum"} and learning rate. It changes sign at the exact critical learning rate and at no other curve.`,
  );
}

interface Point {
  batchSize: number;
  /** NaN makes a gap. */
  rate: number;
}

const pointsOf = (curve: CriticalCurve, batchSizes: readonly number[]): Point[] =>
  batchSizes.map((batchSize, k) => {
    const rate = curve.criticalLearningRates[k];
    return { batchSize, rate: rate !== undefined && Number.isFinite(rate) ? rate : NaN };
  });

/** The level of each point across its whole column, as the cells have it. */
const steps = (points: Point[], columns: Map<number, [number, number]>): Point[] =>
  points.flatMap(({ batchSize, rate }) => (columns.get(batchSize) ?? []).map((edge) => ({ batchSize: edge, rate })));

/** Each value with the interval around it that reaches half-way, in ratio, to its neighbours. */
function cellEdges(values: number[]): Map<number, [number, number]> {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (k: number): number => Math.sqrt(sorted[k]! * sorted[k + 1]!);
  const last = sorted.length - 1;
  return new Map(
    sorted.map((value, k) => {
      const low = k > 0 ? middle(k - 1) : value / (last > 0 ? middle(0) / value : Math.SQRT2);
      const high = k < last ? middle(k) : value * (last > 0 ? value / middle(k - 1) : Math.SQRT2);
      return [value, [low, high]];
    }),
  );
}

/** A bound as one bar per column: it has no value between two batch sizes, and bars never seem to cross the exact steps. */
function boundMarks(
  curve: CriticalCurve,
  points: Point[],
  columns: Map<number, [number, number]>,
  [low, high]: [number, number],
): Plot.Markish[] {
  const { symbol, dash } = styleOf(curve);
  const shown = points.filter(({ batchSize, rate }) => columns.has(batchSize) && rate > low && rate < high);
  return [
    Plot.ruleY(shown, {
      x1: (point: Point) => columns.get(point.batchSize)![0],
      x2: (point: Point) => columns.get(point.batchSize)![1],
      y: "rate",
      inset: 2,
      stroke: "currentColor",
      strokeWidth: 1.3,
      ...(dash === undefined ? {} : { strokeDasharray: dash }),
    }),
    Plot.dot(shown, { x: "batchSize", y: "rate", ...dotStyle(symbol) }),
  ];
}

const dotStyle = (symbol: Plot.SymbolName) => ({
  symbol,
  r: 3.2,
  stroke: "currentColor",
  strokeWidth: 1.2,
  fill: strokedSymbols.has(symbol) ? "none" : paper,
});

/** A sample and a name for each curve; undefined is the exact one. */
function curveLegend(curves: (CriticalCurve | undefined)[], { at }: LegendPlace): Plot.Markish[] {
  return curves.flatMap((curve, k) => {
    const style = curve === undefined ? undefined : styleOf(curve);
    return [
      sample(at(k, 26), style === undefined ? 4 : 1.3, style?.dash),
      ...(style === undefined ? [] : [Plot.dot([0], { ...at(k, 26), ...dotStyle(style.symbol) })]),
      Plot.text([curve === undefined ? "exact η*" : labelOf(curve)], {
        ...at(k, 46),
        textAnchor: "start",
        lineAnchor: "middle",
        ...(style === undefined ? { fontWeight: "bold" } : {}),
      }),
    ];
  });
}

/** A short horizontal line in a legend. */
function sample(place: ReturnType<LegendPlace["at"]>, strokeWidth: number, dash: string | undefined): Plot.Markish {
  return Plot.vector([0], {
    ...place,
    length: 28,
    rotate: 90,
    shape: {
      draw(context, length) {
        context.moveTo(0, 0);
        context.lineTo(0, -length);
      },
    },
    anchor: "middle",
    stroke: "currentColor",
    strokeWidth,
    strokeLinecap: "butt",
    ...(dash === undefined ? {} : { strokeDasharray: dash }),
  });
}

/** What the shades mean, under the curves: columns of stable and unstable swatches beside |log ρ|. */
function shadeLegend(row: number, { at }: LegendPlace): Plot.Markish[] {
  const text = { textAnchor: "start", lineAnchor: "middle" } as const;
  return [
    Plot.text(["|log ρ| per step"], { ...text, ...at(row, 12) }),
    ...shades.flatMap((shade, k) => [
      ...[stableColour, unstableColour].map((fill, c) =>
        Plot.dot([0], { ...at(row + k + 1, 20 + 18 * c), r: 8, symbol: "square", fill, fillOpacity: shade.opacity }),
      ),
      Plot.text([shade.label], { ...text, ...at(row + k + 1, 56) }),
    ]),
    Plot.text(["left stable, right unstable"], { ...text, ...at(row + shades.length + 1, 12), fillOpacity: 0.75 }),
  ];
}

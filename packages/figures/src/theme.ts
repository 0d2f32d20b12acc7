import * as Plot from "@observablehq/plot";

/** Where a figure is drawn: a page's `document`, or one of a DOM library in Node. */
export interface Canvas {
  document: Document;
  /** CSS pixels; default 720. */
  width?: number;
}

/** Five colours of Okabe and Ito (2008), safe for colour blindness, and three more; all hold on white and on black. */
export const colours = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#8c8c8c",
  "#8f63c9",
  "#9c6b30",
] as const;
/** Shapes beside the colours, so that no reading rests on colour alone. */
export const symbols = ["circle", "square", "triangle", "diamond", "star", "wye", "cross", "hexagon"] as const;
/** The colour of predictions, lines that were there before the data; no data has it. */
export const predictionColour = "#d55e00";

/** Options every figure shares. The text takes the colour of its surroundings, so a figure works in light and dark. */
export function frame(canvas: Canvas, height: number): Plot.PlotOptions {
  return {
    document: canvas.document,
    width: canvas.width ?? 720,
    height,
    marginLeft: 64,
    marginRight: 24,
    marginTop: 28,
    marginBottom: 46,
    style: { fontSize: "12px", background: "transparent", overflow: "visible" },
  };
}

/** One entry of a legend drawn inside the plot. */
export interface LegendEntry {
  label: string;
  colour: string;
  symbol?: (typeof symbols)[number];
}

/** Below this width a legend stands under its plot: beside it, it would leave no room. */
const NARROW = 560;

const isNarrow = ({ width = 720 }: Canvas): boolean => width < NARROW;

/** Where the entries of a legend stand, and the room that it takes. */
export interface LegendPlace {
  options: Pick<Plot.PlotOptions, "height" | "marginRight" | "marginBottom">;
  /** For the x axis, whose name stays at it. */
  axis: { labelOffset?: number };
  /** Where something stands in an entry, `dx` from the edge of the plot. */
  at: (row: number, dx: number) => { frameAnchor: "top-right" | "bottom-left"; dx: number; dy: number };
}

/**
 * A legend in the right margin, or where the figure is narrow under the plot.
 *
 * @param size - Of the plot without a legend below it, in CSS pixels: its height, and how wide the legend is.
 */
export function legendPlace(canvas: Canvas, rows: number, size: { height: number; legend: number }): LegendPlace {
  const rowHeight = 18;
  if (!isNarrow(canvas))
    return {
      options: { height: size.height, marginRight: size.legend },
      axis: {},
      at: (row, dx) => ({ frameAnchor: "top-right", dx, dy: 8 + rowHeight * row }),
    };
  const below = rowHeight * rows + 12;
  return {
    options: { height: Math.min(size.height, 380) + below, marginBottom: 46 + below },
    axis: { labelOffset: 42 },
    at: (row, dx) => ({ frameAnchor: "bottom-left", dx: dx - 40, dy: 46 + 12 + rowHeight * row }),
  };
}

/** How wide a text inside the plot may get, in em, and that it stands at its beginning. */
export const inside = ({ width = 720 }: Canvas) => ({ textAnchor: "start", lineWidth: (width - 108) / 13 }) as const;

/** A legend in the plot's own ink (one SVG, nothing beside it); of a plot in panels, in the one that `facet` names. */
export function legend(
  entries: LegendEntry[],
  { at }: LegendPlace,
  facet: Pick<Plot.DotOptions, "fx" | "fy"> = {},
): Plot.Markish[] {
  return entries.flatMap((entry, k) => [
    Plot.dot([entry], {
      ...at(k, 18),
      ...facet,
      r: 4.5,
      fill: entry.colour,
      ...(entry.symbol === undefined ? {} : { symbol: entry.symbol }),
    }),
    Plot.text([entry], { ...at(k, 30), ...facet, text: "label", textAnchor: "start", lineAnchor: "middle" }),
  ]);
}

/** How wide a legend of these texts is beside its plot. */
export const legendWidth = (labels: readonly string[], before = 30): number =>
  before + 16 + 6.6 * Math.max(...labels.map((label) => [...label].length), 1);

/** A plot as one SVG element, named for readers who cannot see it. */
export function svg(options: Plot.PlotOptions, label: string): SVGSVGElement {
  const element = Plot.plot({ ...options, ariaLabel: label }) as unknown as SVGSVGElement;
  element.setAttribute("role", "img");
  // Plot names its groups, which have no role that a name could go with: the image has one.
  for (const part of element.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  element.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return element;
}

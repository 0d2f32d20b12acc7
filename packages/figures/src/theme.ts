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

/** A legend in the plot's own ink (one SVG, nothing beside it): in a corner, or in the right margin, `outside`. */
export function legend(entries: LegendEntry[], place: "bottom-right" | "outside"): Plot.Markish[] {
  const outside = place === "outside";
  return entries.flatMap((entry, k) => {
    const point = {
      frameAnchor: outside ? "top-right" : "bottom-right",
      dy: outside ? 10 + 18 * k : -12 - 18 * (entries.length - 1 - k),
    } as const;
    return [
      Plot.dot([entry], {
        ...point,
        dx: outside ? 18 : -12,
        r: 4.5,
        fill: entry.colour,
        ...(entry.symbol === undefined ? {} : { symbol: entry.symbol }),
      }),
      Plot.text([entry], {
        ...point,
        dx: outside ? 30 : -24,
        text: "label",
        textAnchor: outside ? "start" : "end",
        lineAnchor: "middle",
      }),
    ];
  });
}

/** A plot as one SVG element, named for readers who cannot see it. */
export function svg(options: Plot.PlotOptions, label: string): SVGSVGElement {
  const element = Plot.plot({ ...options, ariaLabel: label }) as unknown as SVGSVGElement;
  element.setAttribute("role", "img");
  element.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return element;
}

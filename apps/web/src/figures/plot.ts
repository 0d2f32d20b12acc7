import uPlot from "uplot";
import { count } from "../words/format.js";
import { drawChanges, drawEnds, drawGuides, drawShade } from "./draw.js";
import { logTicks, shown, tickLabels } from "./scale.js";
import { colour, type FigureData } from "./spec.js";
import type { Theme } from "./theme.js";

/** A figure on a canvas. */
export interface Plot {
  show(data: FigureData, description: string): void;
  destroy(): void;
}

const HEIGHT = 232;
// uPlot declares an ambient const enum, which exists at run time only as its numbers.
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const LOGARITHMIC: uPlot.Scale.Distr = 3;

/**
 * A uPlot chart with steps along a linear and positive values up a logarithmic axis. The canvas is an image for assistive
 * technology, described in words.
 *
 * @param onCursor - Told the index of the measurement under the pointer, shared by all plots, or undefined.
 */
export function createPlot(
  host: HTMLElement,
  first: FigureData,
  theme: Theme,
  onCursor: (index: number | undefined) => void,
): Plot {
  let data = first;
  const axis = {
    stroke: theme.quiet,
    font: `12px ${theme.font}`,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
  const options: uPlot.Options = {
    width: Math.max(200, host.clientWidth),
    height: HEIGHT,
    padding: [10, 66, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: "run" }, y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false, range: () => [0, data.horizon] },
      y: { distr: LOGARITHMIC, log: 10, range: () => data.range },
    },
    axes: [
      {
        ...axis,
        size: 30,
        gap: 6,
        space: 70,
        grid: { show: false },
        values: (_, ticks) => ticks.map(count),
      },
      {
        ...axis,
        size: 46,
        gap: 6,
        splits: (_, __, low, high) => logTicks(low, high),
        filter: (_, ticks) => ticks,
        values: (_, ticks) => tickLabels(ticks),
      },
    ],
    series: [
      {},
      ...first.lines.map(({ role }) => ({
        stroke: colour(role, theme),
        width: role === "data" ? 2.25 : 1,
        points: { show: false },
      })),
    ],
    hooks: {
      drawClear: [(u) => drawShade(u, data, theme)],
      drawAxes: [(u) => drawChanges(u, data, theme)],
      draw: [
        (u) => {
          drawGuides(u, data, theme);
          drawEnds(u, data, theme);
        },
      ],
      setCursor: [(u) => onCursor(u.cursor.idx ?? undefined)],
    },
  };
  const plot = new uPlot(options, columns(data), host);
  const canvas = plot.ctx.canvas;
  canvas.setAttribute("role", "img");
  const resize = new ResizeObserver(() => plot.setSize({ width: Math.max(200, host.clientWidth), height: HEIGHT }));
  resize.observe(host);

  return {
    show(next, description) {
      data = next;
      plot.setData(columns(next));
      if (canvas.getAttribute("aria-label") !== description) canvas.setAttribute("aria-label", description);
    },
    destroy() {
      resize.disconnect();
      plot.destroy();
    },
  };
}

/** uPlot wants two points to draw its axes: an empty figure gets its ends, without values. */
function columns({ steps, lines, horizon }: FigureData): uPlot.AlignedData {
  if (steps.length === 0) return [[0, horizon], ...lines.map(() => [null, null])];
  return [[...steps], ...lines.map(({ values }) => values.map(shown))];
}

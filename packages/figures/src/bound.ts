import * as Plot from "@observablehq/plot";
import type { MinimumRecord } from "@sgdscope/training";
import {
  colours,
  frame,
  inside,
  legend,
  legendPlace,
  legendWidth,
  predictionColour,
  svg,
  symbols,
  type Canvas,
} from "./theme.js";

/**
 * ‖H‖_F at the minimum against √B/η, log–log, with the line ‖H‖_F = √B/η (the bound at μ = 1) drawn first.
 *
 * Gradient descent has no such bound; its points carry their own mark at √n/η and may stand anywhere under 2√rank/η.
 */
export function boundFigure(records: MinimumRecord[], canvas: Canvas): SVGSVGElement {
  const points = records
    .filter((record) => record.minimum !== undefined)
    .map((record) => ({
      ...record,
      limit: Math.sqrt(record.batchSize) / record.learningRate,
      norm: record.minimum!.frobeniusG,
      group: record.gradientDescent ? "GD" : `B = ${record.batchSize}`,
    }));
  const groups = [...new Set([...points].sort((a, b) => a.batchSize - b.batchSize).map((point) => point.group))];
  const colourOf = (group: string): string => colours[groups.indexOf(group) % colours.length]!;
  const symbolOf = (group: string): (typeof symbols)[number] => symbols[groups.indexOf(group) % symbols.length]!;
  const extent = [...points.map((point) => point.limit), ...points.map((point) => point.norm)];
  const [low, high] = [Math.min(...extent) / 1.6, Math.max(...extent) * 1.6];
  // Of its own: a logarithmic scale leaves out most numbers where it is narrow.
  const ticks = [1, 2, 5]
    .flatMap((m) => Array.from({ length: 13 }, (_, k) => Number(`${m}e${k - 6}`)))
    .filter((tick) => tick >= low && tick <= high)
    .sort((a, b) => a - b);
  const line = [low, high].map((value) => ({ value }));

  const place = legendPlace(canvas, groups.length, { height: 380, legend: legendWidth(groups) });

  return svg(
    {
      ...frame(canvas, 380),
      ...place.options,
      x: { type: "log", domain: [low, high], label: "√B/η", ticks, tickFormat: String, ...place.axis },
      y: { type: "log", domain: [low, high], label: "‖H‖_F at the minimum", grid: true, tickFormat: "~g" },
      marks: [
        Plot.areaY(line, { x: "value", y1: "value", y2: high, fill: predictionColour, fillOpacity: 0.08 }),
        Plot.line(line, { x: "value", y: "value", stroke: predictionColour, strokeWidth: 2 }),
        Plot.text(["above the line: beyond the bound if μ were 1, a heuristic"], {
          frameAnchor: "top-left",
          dx: 10,
          dy: 8,
          fill: predictionColour,
          ...inside(canvas),
        }),
        ...groups.map((group) =>
          Plot.dot(
            points.filter((point) => point.group === group),
            {
              x: "limit",
              y: "norm",
              r: 6,
              symbol: symbolOf(group),
              stroke: colourOf(group),
              strokeWidth: 2,
              fill: (point: MinimumRecord) => (point.interpolates ? colourOf(group) : "none"),
              title: (point: MinimumRecord & { norm: number }) =>
                `${point.model}, η = ${point.learningRate}, ${group}: ‖H‖_F = ${point.norm.toPrecision(4)}`,
            },
          ),
        ),
        ...legend(
          groups.map((group) => ({ label: group, colour: colourOf(group), symbol: symbolOf(group) })),
          place,
        ),
      ],
    },
    "Frobenius norm of the Hessian at the minimum against the square root of the batch size over the learning rate, with the line of the bound.",
  );
}

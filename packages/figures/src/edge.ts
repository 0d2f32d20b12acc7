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
 * The picture of the project: where SGD stops, as η/η* over the batch size, on the line 1.
 *
 * η* is the exact mean-square critical learning rate of the minimum that was found. Filled marks interpolate; hollow ones
 * stopped before the loss was small, where the theory does not speak yet.
 */
export function edgeFigure(records: MinimumRecord[], canvas: Canvas): SVGSVGElement {
  const points = records
    .filter((record) => record.minimum !== undefined)
    .map((record) => ({ ...record, ratio: record.minimum!.edgeRatio, label: batchLabel(record) }));
  const rates = [...new Set(points.map((point) => point.learningRate))].sort((a, b) => a - b);
  const labels = [...new Set([...points].sort((a, b) => a.batchSize - b.batchSize).map((point) => point.label))];
  const top = Math.max(1.4, ...points.map((point) => point.ratio * 1.1));
  const colourOf = (rate: number): string => colours[rates.indexOf(rate) % colours.length]!;
  const models = [...new Set(points.map((point) => point.model))];
  // One network: shapes repeat the colours. Several: colour is the learning rate, shape the network.
  const symbolOf = (rate: number, model: string): (typeof symbols)[number] =>
    symbols[(models.length > 1 ? models.indexOf(model) : rates.indexOf(rate)) % symbols.length]!;
  // Settings that share a batch size stand side by side, not on top of each other.
  const shift = (rate: number): number => (rates.indexOf(rate) - (rates.length - 1) / 2) * 14;

  const entries = [
    ...(models.length > 1
      ? models.map((model) => ({ label: model, colour: "currentColor", symbol: symbolOf(0, model) }))
      : []),
    ...rates.map((rate) => ({
      label: `η = ${rate}`,
      colour: colourOf(rate),
      ...(models.length > 1 ? {} : { symbol: symbolOf(rate, models[0]!) }),
    })),
  ];
  const place = legendPlace(canvas, entries.length, {
    height: 380,
    legend: legendWidth(entries.map(({ label }) => label)),
  });

  return svg(
    {
      ...frame(canvas, 380),
      ...place.options,
      x: { type: "point", domain: labels, label: "batch size B", padding: 0.6, ...place.axis },
      y: { domain: [0, top], label: "learning rate / exact critical learning rate  η/η*", grid: true, nice: false },
      marks: [
        Plot.rect([0], { y1: 1, y2: top, fill: predictionColour, fillOpacity: 0.08 }),
        Plot.ruleY([1], { stroke: predictionColour, strokeWidth: 2 }),
        Plot.text(["unstable: the expected loss grows exponentially"], {
          frameAnchor: "top-left",
          dx: 10,
          dy: 8,
          fill: predictionColour,
          ...inside(canvas),
        }),
        Plot.text(["line at 1: the edge of mean-square stability"], {
          frameAnchor: "bottom-left",
          dx: 10,
          dy: -8,
          ...inside(canvas),
          fill: predictionColour,
        }),
        ...rates.flatMap((rate) =>
          models.map((model) => {
            const own = points.filter((point) => point.learningRate === rate && point.model === model);
            return Plot.dot(own, {
              x: "label",
              y: "ratio",
              dx: shift(rate) + 4 * (models.indexOf(model) - (models.length - 1) / 2),
              r: 6,
              symbol: symbolOf(rate, model),
              stroke: colourOf(rate),
              strokeWidth: 2,
              fill: (point: MinimumRecord) => (point.interpolates ? colourOf(rate) : "none"),
              title: (point: (typeof own)[number]) =>
                `${point.model}, η = ${rate}, B = ${point.batchSize}: η/η* = ${point.ratio.toFixed(3)}, L = ${point.loss.toExponential(1)}`,
            });
          }),
        ),
        ...legend(entries, place),
        Plot.ruleY([0]),
      ],
    },
    "Learning rate over exact critical learning rate at the minimum where SGD stopped, for every learning rate and batch size; the line 1 is the edge of stability.",
  );
}

const batchLabel = (record: MinimumRecord): string =>
  record.gradientDescent ? `${record.batchSize} (GD)` : String(record.batchSize);

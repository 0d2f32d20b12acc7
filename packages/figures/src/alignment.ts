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

/** μ along training against the loss reached so far, one line per setting; 1 is what exact decoupling of noise and loss gives. */
export function alignmentFigure(records: MinimumRecord[], canvas: Canvas): SVGSVGElement {
  const runs = records
    .map((record) => ({
      name: `η = ${record.learningRate}, ${record.gradientDescent ? "GD" : `B = ${record.batchSize}`}`,
      points: record.alignment.filter((point) => point.alignmentFactor !== undefined && point.loss > 0),
    }))
    .filter((run) => run.points.length > 0);
  const factors = runs.flatMap((run) => run.points.map((point) => point.alignmentFactor!));

  const names = runs.map(({ name }) => name);
  const place = legendPlace(canvas, runs.length, { height: 360, legend: legendWidth(names) });

  return svg(
    {
      ...frame(canvas, 360),
      ...place.options,
      x: {
        type: "log",
        reverse: true,
        label: "loss L, decreasing along training →",
        tickFormat: ".0e",
        ticks: 5,
        ...place.axis,
      },
      y: { domain: [0, Math.max(2, ...factors) * 1.15], label: "alignment factor μ", grid: true },
      marks: [
        Plot.ruleY([1], { stroke: predictionColour, strokeWidth: 2 }),
        Plot.text(["μ = 1: noise covariance 2L·G"], {
          frameAnchor: "bottom-left",
          dx: 10,
          dy: -8,
          ...inside(canvas),
          fill: predictionColour,
        }),
        ...runs.flatMap((run, k) => {
          const style = { stroke: colours[k % colours.length]!, symbol: symbols[k % symbols.length]! };
          return [
            Plot.line(run.points, {
              x: "loss",
              y: "alignmentFactor",
              stroke: style.stroke,
              strokeWidth: 1.5,
              sort: "step",
            }),
            Plot.dot(run.points, { x: "loss", y: "alignmentFactor", fill: style.stroke, symbol: style.symbol, r: 3.5 }),
          ];
        }),
        ...legend(
          runs.map((run, k) => ({
            label: run.name,
            colour: colours[k % colours.length]!,
            symbol: symbols[k % symbols.length]!,
          })),
          place,
        ),
        Plot.ruleY([0]),
      ],
    },
    "Alignment factor of the gradient noise along training against the loss, one line for each learning rate and batch size.",
  );
}

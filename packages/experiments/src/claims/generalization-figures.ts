import type { Figure } from "../claim.js";
import { minimaOf } from "./minima.js";
import type { MinimumRecord } from "@sgdscope/training";
import { groupBy, spread } from "../statistics.js";
import { type Canvas, chart, type ChartSeries } from "@sgdscope/figures";

/** The figures of one family of models: curvature, test loss, and the norm of the function against the learning rate. */
export function generalizationFigures(family: string, records: MinimumRecord[], canvas: Canvas): Figure[] {
  const minima = minimaOf(records);
  const rates = [...new Set(minima.map(({ learningRate }) => learningRate))].sort((a, b) => a - b);
  const points = (
    gradientDescent: boolean,
    value: (record: MinimumRecord) => number | undefined,
  ): ChartSeries["points"] =>
    [
      ...groupBy(
        minima.filter((record) => record.gradientDescent === gradientDescent),
        ({ learningRate }) => learningRate,
      ),
    ]
      .sort(([a], [b]) => a - b)
      .flatMap(([x, group]) => {
        const range = spread(group.map(value).filter((each) => each !== undefined));
        return range === undefined ? [] : [{ x, y: range.middle, low: range.low, high: range.high }];
      });
  const relu = family === "two-layer ReLU";
  const slug = family.toLowerCase().replace(/[^a-z]+/g, "-");
  const x = { type: "log", label: "learning rate η", ticks: rates } as const;
  const both = (label: string, style: number, value: (record: MinimumRecord) => number | undefined): ChartSeries[] => [
    { label: `${label}, SGD`, style, points: points(false, value) },
    { label: `${label}, GD`, style, dash: true, points: points(true, value) },
  ];
  return [
    {
      name: `trace-${slug}`,
      title: `Tr H against 2/η: ${family}`,
      caption:
        "Traces and norms of H at the minimum, medians and ranges over seeds; dashed and hollow is gradient descent. The line is the limit of the trace for SGD with batches of one.",
      svg: chart(
        {
          x,
          y: { type: "log", label: "curvature at the minimum", include: [2 / rates[0]!] },
          predictions: [{ label: "2/η", points: rates.map((rate) => ({ x: rate, y: 2 / rate })) }],
          shade: "above",
          series: [
            ...both("Tr H", 0, (record) => record.minimum!.traceG),
            ...both("‖H‖_F", 1, (record) => record.minimum!.frobeniusG),
            ...both("λ_max", 2, (record) => record.minimum!.largestEigenvalue),
          ],
          description:
            "Trace, Frobenius norm and largest eigenvalue of the Hessian at the minimum against the learning rate, for SGD and gradient descent, with the limit 2/η of the trace.",
        },
        canvas,
      ),
    },
    {
      name: `test-${slug}`,
      title: `Test loss over the learning rate: ${family}`,
      caption: "Loss on a thousand fresh examples, medians and ranges over seeds.",
      svg: chart(
        {
          x,
          y: { type: "log", label: "test loss" },
          series: both("test loss", 0, (record) => record.learned?.testLoss),
          height: 300,
          description: "Test loss against the learning rate, for SGD and gradient descent.",
        },
        canvas,
      ),
    },
    {
      name: `norm-${slug}`,
      title: relu ? "Path norm over the learning rate" : "Balance over the learning rate",
      caption: relu
        ? "Σ|a_j|‖w_j‖ at the minimum under its limit 2/(η√d), which follows from that of the population trace."
        : "Σ(a² + b²)/(2Σ|ab|) at the minimum; it is never below 1, where the trace is the least for what the network computes.",
      svg: chart(
        {
          x,
          y: relu ? { type: "log", label: "path norm" } : { type: "log", label: "balance", include: [1] },
          predictions: relu
            ? [
                {
                  label: "2/(η√d)",
                  points: rates.map((rate) => ({
                    x: rate,
                    y: 2 / (rate * Math.sqrt(Number(minima[0]!.model.split("-").at(-2)))),
                  })),
                },
              ]
            : [{ label: "least, 1", points: rates.map((rate) => ({ x: rate, y: 1 })) }],
          series: relu
            ? both("path norm", 0, (record) => record.learned?.pathNorm)
            : both("balance", 0, (record) => record.learned?.balance),
          height: 300,
          description: "A norm of the learned function against the learning rate, for SGD and gradient descent.",
        },
        canvas,
      ),
    },
  ];
}

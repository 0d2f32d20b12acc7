import { type Canvas, chart, type ChartSeries } from "@sgdscope/figures";
import type { MinimumMeasurement, MinimumRecord } from "@sgdscope/training";
import type { Figure } from "../claim.js";
import { groupBy, spread } from "../statistics.js";
import { isDriven } from "./samples.js";

/** λ_max at the minima of two-layer ReLU networks over batch size and learning rate, and the criteria beside each other. */
export function reluFigures(minima: MinimumRecord[], canvas: Canvas): Figure[] {
  const rates = [...new Set(minima.map((record) => record.learningRate))].sort((a, b) => a - b);
  const sizes = [...new Set(minima.map((record) => record.batchSize))].sort((a, b) => a - b);
  const examples = Math.max(...minima.map((record) => record.examples));
  const nameOf = (size: number): string => (size === examples ? `B = ${size} (GD)` : `B = ${size}`);
  const driven = minima.filter(isDriven);
  const series = (
    of: (record: MinimumRecord) => boolean,
    x: (record: MinimumRecord) => number,
    y: (record: MinimumRecord) => number,
  ): ChartSeries["points"] =>
    [...groupBy(minima.filter(of), x)]
      .sort(([a], [b]) => a - b)
      .map(([at, group]) => {
        const { middle, low, high } = spread(group.map(y))!;
        return { x: at, y: middle, low, high };
      });
  const largestEigenvalue = (record: MinimumRecord): number => record.minimum!.largestEigenvalue;
  const twoOverEta = { label: "2/η, gradient descent", points: rates.map((x) => ({ x, y: 2 / x })) };
  return [
    {
      name: "lambda-max-batch-size",
      title: "λ_max over the batch size",
      caption:
        "λ_max at the minimum, medians and ranges over seeds. The lines are 2/η, the limit of gradient descent at each learning rate: large batches reach it unless their start was flatter, small ones stop far below.",
      svg: chart(
        {
          x: { type: "log", label: "batch size B", ticks: sizes },
          y: { type: "log", label: "λ_max of H", include: rates.map((rate) => 2 / rate) },
          predictions: rates.map((rate) => ({
            label: `2/η at η = ${rate}`,
            points: [sizes[0]!, sizes.at(-1)!].map((x) => ({ x, y: 2 / rate })),
          })),
          series: rates.map((rate) => ({
            label: `η = ${rate}`,
            points: series(
              ({ learningRate }) => learningRate === rate,
              ({ batchSize }) => batchSize,
              largestEigenvalue,
            ),
          })),
          description: "λ_max at the minimum against the batch size, one line per learning rate, with 2/η of each.",
        },
        canvas,
      ),
    },
    {
      name: "lambda-max-learning-rate",
      title: "λ_max over the learning rate",
      caption: "The same minima over η, one line per batch size; medians and ranges over seeds.",
      svg: chart(
        {
          x: { type: "log", label: "learning rate η", ticks: rates },
          y: { type: "log", label: "λ_max of H" },
          predictions: [twoOverEta],
          series: sizes.map((size) => ({
            label: nameOf(size),
            points: series(
              ({ batchSize }) => batchSize === size,
              ({ learningRate }) => learningRate,
              largestEigenvalue,
            ),
          })),
          description: "λ_max at the minimum against the learning rate, one line per batch size, with 2/η.",
        },
        canvas,
      ),
    },
    {
      name: "criteria",
      title: "The exact criterion and its bounds at the minima",
      caption:
        "Each curvature times η/2, so that 1 is the edge: the exact criterion λ_max(C†D), the best single direction (24), the top eigenvector (15) and λ_max, over the batch size; medians and ranges over all learning rates and seeds, of runs that started beyond the edge.",
      svg: chart(
        {
          x: { type: "log", label: "batch size B", ticks: sizes },
          y: { label: "curvature · η/2", include: [0, 1.2] },
          predictions: [{ label: "the edge", points: [sizes[0]!, sizes.at(-1)!].map((x) => ({ x, y: 1 })) }],
          shade: "above",
          series: (
            [
              ["exact, η/η*", (minimum) => minimum.edgeRatio],
              ["single direction (24)", (minimum) => minimum.rankOneRatio],
              ["top eigenvector (15)", (minimum) => minimum.topEigenvectorRatio],
              ["λ_max", (minimum) => minimum.descentRatio],
            ] as [string, (minimum: MinimumMeasurement) => number][]
          ).map(([label, value]) => ({
            label,
            points: series(
              (record) => driven.includes(record),
              ({ batchSize }) => batchSize,
              (record) => value(record.minimum!),
            ),
          })),
          description:
            "The exact criterion and three bounds at the minima over the batch size; the exact one is near 1.",
        },
        canvas,
      ),
    },
  ];
}

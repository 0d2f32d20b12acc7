import type { Finished, Table } from "../claim.js";
import type { MinimumRecord } from "@sgdscope/training";

/** All records of training jobs. */
export const recordsOf = (finished: readonly Finished<"training">[]): MinimumRecord[] =>
  finished.flatMap(({ records }) => records);

/** Those that interpolate and were measured: the theory speaks of them. */
export const minimaOf = (records: readonly MinimumRecord[]): MinimumRecord[] =>
  records.filter((record) => record.interpolates && record.minimum !== undefined);

/** A number for a table: four digits, powers of ten where it is small. */
export function cell(value: number | undefined, digits = 3): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e5 ? value.toExponential(digits - 1) : String(Number(value.toPrecision(digits)));
}

/** B, and whether it is all. */
export const batchLabel = ({ batchSize, gradientDescent }: MinimumRecord): string =>
  gradientDescent ? `${batchSize} (GD)` : String(batchSize);

/** One row per run: where it stopped and what limits it there. */
export function minimumTable(finished: readonly Finished<"training">[]): Table {
  return {
    title: "Every run",
    headings: [
      "model",
      "n",
      "η",
      "B",
      "seed",
      "steps",
      "loss L",
      "‖G‖_F",
      "√(1/pμ)/η, a heuristic",
      "μ",
      "λ_max·η/2",
      "η/η*",
    ],
    left: [0],
    rows: recordsOf(finished).map((record) => {
      const { minimum } = record;
      return [
        record.model,
        String(record.examples),
        String(record.learningRate),
        batchLabel(record),
        String(record.seed),
        String(record.steps),
        cell(record.loss, 2),
        cell(minimum?.frobeniusG, 4),
        minimum?.samplingFactor === 0 ? "∞" : cell(minimum?.frobeniusLimit, 4),
        cell(minimum?.alignmentFactor),
        cell(minimum?.descentRatio),
        cell(minimum?.edgeRatio),
      ];
    }),
  };
}

import type { Finished, Table } from "../claim.js";
import { batchLabel, cell, recordsOf } from "./minima.js";

/** One row per run: its optimizer, where it stopped, and the three thresholds that its rate is held against. */
export function momentumTable(finished: readonly Finished<"training">[]): Table {
  return {
    title: "Every run",
    headings: [
      "model",
      "optimizer",
      "η",
      "B",
      "seed",
      "steps",
      "loss L",
      "‖G‖_F",
      "start",
      "η/η*(B, β)",
      "η/η*",
      "η/(1−β)η*",
    ],
    left: [0, 1],
    rows: recordsOf(finished).map((record) => {
      const { minimum } = record;
      const optimizer = minimum?.optimizer;
      const momentum = optimizer === undefined || optimizer.kind === "sgd" ? 0 : optimizer.momentum;
      return [
        record.model,
        optimizer === undefined ? "–" : optimizer.kind === "sgd" ? "SGD" : `${optimizer.kind} ${momentum}`,
        String(record.learningRate),
        batchLabel(record),
        String(record.seed),
        String(record.steps),
        cell(record.loss, 2),
        cell(minimum?.frobeniusG, 4),
        cell(record.startEdgeRatio),
        cell(minimum?.edgeRatio),
        cell(minimum?.plainEdgeRatio),
        cell(minimum?.plainEdgeRatio === undefined ? undefined : minimum.plainEdgeRatio / (1 - momentum)),
      ];
    }),
  };
}

import type { MinimumRecord } from "@sgdscope/training";
import { formatMeasured, formatNumber } from "../terminal/number.js";
import type { Column } from "../terminal/table.js";

/** The table of trainings: one line per setting. */
export const minimaColumns: Column<MinimumRecord>[] = [
  { heading: "η", cell: (r) => String(r.learningRate) },
  { heading: "B", cell: (r) => (r.gradientDescent ? `${r.batchSize} (GD)` : String(r.batchSize)) },
  { heading: "steps", cell: (r) => String(r.steps) },
  { heading: "loss L", cell: (r) => formatNumber(r.loss, 3) },
  {
    heading: "‖H‖_F",
    cell: (r) =>
      r.minimum?.frobeniusH === undefined ? formatNumber(r.minimum?.frobeniusG) : formatMeasured(r.minimum.frobeniusH),
  },
  { heading: "‖G‖_F", cell: (r) => formatNumber(r.minimum?.frobeniusG) },
  {
    heading: "1/(η√(pμ))",
    cell: (r) =>
      r.minimum !== undefined && r.minimum.samplingFactor === 0 ? "∞" : formatNumber(r.minimum?.frobeniusLimit),
  },
  { heading: "‖G‖_F·η/√B", cell: (r) => (r.gradientDescent ? "–" : formatNumber(r.minimum?.scaledNorm, 3)) },
  { heading: "μ", cell: (r) => formatNumber(r.minimum?.alignmentFactor, 3) },
  { heading: "η*", cell: (r) => formatNumber(r.minimum?.criticalLearningRate) },
  { heading: "η/η*", cell: (r) => formatNumber(r.minimum?.edgeRatio, 3) },
  { heading: "verdict", cell: verdictOf, align: "left" },
];

/** In a word; the ratio beside it says by how much. Within a tenth of η* the run stands at the edge. */
function verdictOf(record: MinimumRecord): string {
  if (record.minimum === undefined) return "diverged";
  if (!record.interpolates) return "no minimum yet";
  if (Math.abs(record.minimum.edgeRatio - 1) <= 0.1 && record.minimum.marks.length === 0) return "at the edge";
  return record.minimum.marks.length > 0 ? `${record.minimum.verdict} (!)` : record.minimum.verdict;
}

import { lossConvention, type Comparison } from "@sgdscope/analysis";
import type { ThresholdComparison } from "@sgdscope/stability-criterion";
import { formatNumber } from "../terminal/number.js";
import { formatTable, type Column } from "../terminal/table.js";
import { plural } from "../terminal/words.js";

type Criterion = Exclude<keyof ThresholdComparison, "batchSize">;

/** The criteria with their formulas, p the sampling factor. */
const criteria: { key: Criterion; heading: string; says: string; source: string }[] = [
  {
    key: "exact",
    heading: "exact η*",
    says: "exact",
    source: "Mulayoff & Michaeli (2024), arXiv:2306.07850, Theorem 3",
  },
  {
    key: "gaussian",
    heading: "Gaussian",
    says: "exact for infinitely many Gaussian inputs with this spectrum",
    source: "root derived here from Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375, Theorem 2",
  },
  {
    key: "decoupled",
    heading: "decoupled",
    says: "noise covariance proportional to loss × curvature",
    source: "Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375, Theorem 6",
  },
  { key: "trace", heading: "2/(p·Tr H)", says: "necessary", source: "Wu & Su (2023), arXiv:2305.17490, for B = 1" },
  {
    key: "frobenius",
    heading: "1/(√p‖H‖_F)",
    says: "the alignment theorem with alignment factor 1",
    source: "Wu, Wang & Su (2022), arXiv:2207.02628, Theorem 3.3",
  },
  { key: "gradientDescent", heading: "2/λ_max", says: "necessary; gradient descent", source: "elementary" },
];

/** The values, then their ratios to the exact one: one line per batch size. */
export function comparisonText({ minimum, sampling, rows, marks }: Comparison): string {
  const { name, examples, outputs, rank, lossLabel } = minimum;
  const table = (cell: (row: ThresholdComparison, key: Criterion) => number, from = 0): string => {
    const columns: Column<ThresholdComparison>[] = [
      { heading: "B", cell: (row) => String(row.batchSize) },
      ...criteria.slice(from).map(({ key, heading }) => ({
        heading,
        cell: (row: ThresholdComparison) => formatNumber(cell(row, key)),
      })),
    ];
    return formatTable(columns, rows);
  };
  return (
    `${name}: ${examples} examples × ${plural(outputs, "output")}, rank ${rank}${lossLabel === undefined ? "" : `; ${lossLabel}`}\n\n` +
    `Critical learning rates of plain SGD, ${sampling}\n${table((row, key) => row[key])}\n` +
    `Over the exact one\n${table((row, key) => row[key] / row.exact, 1)}` +
    marks.map(({ text }) => `  ! ${text}\n`).join("")
  );
}

/** The comparison as a document of the schema `sgdscope/compare@2`. */
export function comparisonDocument({ minimum, sampling, rows, marks }: Comparison): object {
  return {
    schema: "sgdscope/compare@2",
    lossConvention: lossConvention(minimum.lossLabel),
    minimum,
    sampling,
    marks,
    criteria: criteria.map(({ key, says, source }) => ({ criterion: key, says, source })),
    batches: rows.map((row) => ({
      batchSize: row.batchSize,
      criteria: criteria.map(({ key }) => ({
        criterion: key,
        criticalLearningRate: row[key],
        ratioToExact: row[key] / row.exact,
      })),
    })),
  };
}

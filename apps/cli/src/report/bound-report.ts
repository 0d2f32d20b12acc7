import {
  alignmentFigure,
  boundClaim,
  boundFigure,
  edgeFigure,
  judgeBound,
  type Acceptance,
  type MinimumRecord,
  type MinimumTask,
} from "@sgdscope/experiments";
import { formatMeasured, formatNumber, formatSeconds } from "../terminal/number.js";
import { formatTable, type Column } from "../terminal/table.js";
import { drawingDocument, environmentLine, environmentOf, standaloneSvg, writeReport } from "./folder.js";
import { htmlReport, type Section } from "./html.js";

/** What the study produced and how it was asked for. */
export interface BoundStudy {
  title: string;
  records: MinimumRecord[];
  tasks: MinimumTask[];
  /** The command that makes this report again. */
  command: string;
  seconds: number;
  version: string;
}

/** The table of the study: one line a setting. */
export const boundColumns: Column<MinimumRecord>[] = [
  { heading: "η", cell: (r) => String(r.learningRate) },
  { heading: "B", cell: (r) => (r.gradientDescent ? `${r.batchSize} (GD)` : String(r.batchSize)) },
  { heading: "steps", cell: (r) => String(r.steps) },
  { heading: "loss L", cell: (r) => formatNumber(r.loss, 3) },
  {
    heading: "‖H‖_F",
    cell: (r) =>
      r.minimum?.hessianFrobeniusNorm === undefined
        ? formatNumber(r.minimum?.frobeniusNorm)
        : formatMeasured(r.minimum.hessianFrobeniusNorm),
  },
  { heading: "‖G‖_F", cell: (r) => formatNumber(r.minimum?.frobeniusNorm) },
  {
    heading: "√(B/μ)/η",
    cell: (r) =>
      r.minimum !== undefined && r.minimum.samplingFactor === 0 ? "∞" : formatNumber(r.minimum?.frobeniusBound),
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
  if (Math.abs(record.minimum.edgeRatio - 1) <= 0.1) return "at the edge";
  return record.minimum.verdict;
}

/** The study for the terminal: the table, then what was judged. */
export function boundText({ records }: BoundStudy): string {
  return `${formatTable(boundColumns, records)}\n${judgements(records).join("\n")}\n`;
}

function judgements(records: MinimumRecord[]): string[] {
  return judgeBound(records).map(sentence);
}

function sentence({ holds, statement, range, band, runs }: Acceptance): string {
  const seen =
    range === undefined
      ? "no run to judge"
      : `${formatNumber(range[0], 3)} … ${formatNumber(range[1], 3)} in ${runs} run${runs === 1 ? "" : "s"}`;
  return `${holds ? "✓" : "✗"} ${statement}: ${seen} (band ${band[0]} … ${band[1]})`;
}

/** Writes `report.html`, `report.json` and the figures as SVG into `directory`, each whole or not at all. */
export async function writeBoundReport(directory: string, study: BoundStudy): Promise<string> {
  const document = await drawingDocument();
  const { records } = study;
  const drawn = {
    edge: edgeFigure(records, { document }).outerHTML,
    bound: boundFigure(records, { document }).outerHTML,
    alignment: alignmentFigure(records, { document }).outerHTML,
  };
  return writeReport(directory, {
    ...Object.fromEntries(Object.entries(drawn).map(([name, svg]) => [`${name}.svg`, standaloneSvg(svg)])),
    "report.json": `${JSON.stringify(boundJson(study), null, 2)}\n`,
    "report.html": htmlReport(study.title, boundClaim.claim, sections(study, drawn)),
  });
}

/** The study as a document of the schema `sgdscope/bound@1`. */
export function boundJson(study: BoundStudy): object {
  return {
    schema: "sgdscope/bound@1",
    ...boundClaim,
    environment: environment(study),
    command: study.command,
    seconds: study.seconds,
    acceptance: judgeBound(study.records),
    tasks: study.tasks,
    records: study.records,
  };
}

const environment = ({ records, version }: BoundStudy): Record<string, string | number> =>
  environmentOf(version, [...new Set(records.map((record) => record.backend))].join(", "));

function sections(study: BoundStudy, drawn: Record<"edge" | "bound" | "alignment", string>): Section[] {
  const { records } = study;
  const first = records[0]!;
  return [
    {
      kind: "text",
      paragraphs: [
        `Each run trains ${first.model} (${first.parameters} parameters) on ${first.examples} examples of ${first.data} with the square loss L = (1/2n) Σ‖f − y‖² until it interpolates, and then asks whether SGD with this learning rate η and batch size B is linearly stable at the minimum it found. The exact critical learning rate η* is that of mean-square stability; every number comes exactly from the Gram matrix of the per-example gradients and the residuals, except ‖H‖_F, which is estimated from Hessian-vector products and carries its standard error.`,
      ],
    },
    {
      kind: "figure",
      title: "SGD stops at the edge of mean-square stability",
      caption:
        "One mark a run: η over the exact critical learning rate of the minimum where it stopped. Filled marks interpolate; hollow marks had not reached a minimum when they stopped, where the theory does not speak yet.",
      svg: drawn.edge,
    },
    {
      kind: "figure",
      title: "The Frobenius norm of the Hessian stays below √B/η",
      caption:
        "The line is the paper's bound with alignment factor μ = 1, drawn before the data; the norm is that of G, which is H at a minimum. Gradient descent (B = n) has no noise and so no such bound: only λ_max ≤ 2/η limits it, and it ends much sharper.",
      svg: drawn.bound,
    },
    {
      kind: "figure",
      title: "Noise and curvature are aligned all along training",
      caption: "μ = Tr(ΣG)/(2L‖G‖²_F), exact, against the loss reached so far.",
      svg: drawn.alignment,
    },
    {
      kind: "table",
      title: "Every run",
      headings: boundColumns.map((column) => column.heading),
      rows: records.map((record) => boundColumns.map((column) => column.cell(record))),
      caption:
        "H is the Hessian, G the Gauss–Newton matrix (1/n) Σ JᵀJ: they agree at a global minimum. √(B/μ)/η is the bound of Theorem 3.3 with the measured μ and the sampling factor of batches without replacement.",
    },
    { kind: "text", title: "Judged", paragraphs: judgements(records) },
    {
      kind: "text",
      title: "Sources",
      paragraphs: [boundClaim.source + ". The acceptance bands are ours, not the papers'."],
    },
    {
      kind: "text",
      title: "Environment",
      paragraphs: [`${environmentLine(environment(study))} · ${formatSeconds(study.seconds)}`],
    },
    { kind: "command", title: "Make it again", command: study.command },
  ];
}

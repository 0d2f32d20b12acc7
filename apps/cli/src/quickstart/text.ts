import { boundClaim, judgeBound } from "@sgdscope/experiments";
import { alignmentFigure, boundFigure, edgeFigure } from "@sgdscope/figures";
import type { MinimumRecord, MinimumTask } from "@sgdscope/training";
import { acceptanceText, judgedTable } from "../report/acceptance.js";
import { drawingDocument, environmentLine, environmentOf, standaloneSvg, writeFigureReport } from "../report/folder.js";
import { htmlReport, type Section } from "../report/html.js";
import { minimaColumns } from "../report/minima.js";
import { formatSeconds } from "../terminal/number.js";
import { formatTable, type Column } from "../terminal/table.js";

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

/** The networks of a study, in the order of their runs. */
const modelsOf = (records: MinimumRecord[]): string[] => [...new Set(records.map((record) => record.model))];

/** The columns of a study's table; networks are named where there are several. */
const columnsOf = (records: MinimumRecord[]): Column<MinimumRecord>[] =>
  modelsOf(records).length > 1
    ? [{ heading: "network", cell: (r) => r.model, align: "left" }, ...minimaColumns]
    : minimaColumns;

/** The study for the terminal: the table, then what was judged. */
export function boundText({ records }: BoundStudy): string {
  return `${formatTable(columnsOf(records), records)}${aboveTheEdge(records)}\n${judgeBound(records).map(acceptanceText).join("\n")}\n`;
}

/** What a run above the edge means, where there is one. */
function aboveTheEdge(records: MinimumRecord[]): string {
  const above = records.filter(({ minimum }) => minimum?.verdict === "unstable" && minimum.edgeRatio > 1.1);
  return above.length === 0
    ? ""
    : "Above 1 the mean of the loss grows, carried by rare paths, while a typical path may still fall: a run can end somewhat above 1.\n";
}

/** Writes `report.html`, `report.json` and the figures as SVG into `directory`, each whole or not at all; figures of an earlier report that this one lacks go. */
export async function writeBoundReport(directory: string, study: BoundStudy): Promise<string> {
  const document = await drawingDocument();
  const { records } = study;
  const edge = edgeFigure(records, { document }).outerHTML;
  const bound = boundFigure(records, { document }).outerHTML;
  const alignment = modelsOf(records).map((model) => {
    const own = records.filter((record) => record.model === model);
    return { model, svg: alignmentFigure(own, { document }).outerHTML };
  });
  const nameOf = (model: string): string =>
    alignment.length > 1 ? `alignment-${model.replace(/[^\w-]+/g, "-")}.svg` : "alignment.svg";
  const figures = {
    "edge.svg": standaloneSvg(edge),
    "bound.svg": standaloneSvg(bound),
    ...Object.fromEntries(alignment.map(({ model, svg }) => [nameOf(model), standaloneSvg(svg)])),
  };
  return writeFigureReport(directory, figures, {
    document: boundDocument(study),
    html: htmlReport(
      study.title,
      boundClaim.claim,
      sections(study, { edge, bound, alignment: alignment.map(({ svg }) => svg).join("\n") }),
    ),
    indent: 2,
  });
}

/** The study as a document of the schema `sgdscope/bound@2`. */
export function boundDocument(study: BoundStudy): object {
  return {
    schema: "sgdscope/bound@2",
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
  const networks = modelsOf(records)
    .map((model) => `${model} (${records.find((record) => record.model === model)!.parameters} parameters)`)
    .join(" or ");
  const columns = columnsOf(records);
  return [
    {
      kind: "text",
      paragraphs: [
        `Each run trains ${networks} on ${first.examples} examples of ${first.data} with the square loss L = (1/2n) Σ‖f − y‖² until it interpolates, and then asks whether SGD with this learning rate η and batch size B is linearly stable at the minimum it found. The exact critical learning rate η* is that of mean-square stability; every number comes exactly from the Gram matrix of the per-example gradients and the residuals, except ‖H‖_F, which is estimated from Hessian-vector products and carries its standard error.`,
      ],
    },
    {
      kind: "figure",
      title: "SGD that is driven to the edge of mean-square stability stops at it",
      caption:
        "One mark per run: η over the exact critical learning rate of the minimum where it stopped. Runs start beyond the edge; one with a smaller η would stop anywhere below 1. A mark somewhat above 1 is no contradiction: there the mean of the loss grows, carried by rare paths, while a typical path may still fall. Filled marks interpolate; hollow marks had not reached a minimum when they stopped, where the theory does not speak yet.",
      svg: drawn.edge,
    },
    {
      kind: "figure",
      title: "The Frobenius norm of the Hessian where SGD stopped, against √B/η",
      caption:
        "The line is what the paper's bound would be with alignment factor μ = 1, drawn before the data: a heuristic, for the theorem needs inf μ; the norm is that of G, which is H at a minimum. Gradient descent (B = n) has no noise and so no such bound: only λ_max ≤ 2/η limits it, and it ends much sharper.",
      svg: drawn.bound,
    },
    {
      kind: "figure",
      title: "The alignment of noise and curvature along training",
      caption: "μ = Tr(ΣG)/(2L‖G‖²_F), exact, against the loss reached so far; one figure per network.",
      svg: drawn.alignment,
    },
    {
      kind: "table",
      title: "Every run",
      headings: columns.map((column) => column.heading),
      rows: records.map((record) => columns.map((column) => column.cell(record))),
      caption:
        "H is the Hessian, G the Gauss–Newton matrix (1/n) Σ JᵀJ: they agree at a global minimum. 1/(η√(pμ)) is the limit of the alignment theorem with the measured μ in the place of inf μ, a heuristic; p is the sampling factor of batches without replacement.",
    },
    judgedTable(judgeBound(records), 2),
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

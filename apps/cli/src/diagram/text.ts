import { lossConvention, type CriticalCurve, type PhaseDiagram } from "@sgdscope/analysis";
import { formatJson } from "@sgdscope/array-files";
import { diagramFigure } from "@sgdscope/figures";
import { isPlainSgd } from "@sgdscope/stability-criterion/optimizers";
import { optimizerName } from "../terminal/optimizer-name.js";
import { formatNumber, formatSeconds } from "../terminal/number.js";
import { formatTable, type Column } from "../terminal/table.js";
import { plural } from "../terminal/words.js";
import { drawingDocument, environmentLine, environmentOf, standaloneSvg, writeReport } from "../report/folder.js";
import { htmlReport } from "../report/html.js";
import { kindText } from "../report/kind.js";
import { pngOf } from "../report/png.js";

/** A phase diagram and how it was asked for. */
export interface AskedDiagram extends PhaseDiagram {
  /** The command that makes this diagram again. */
  command: string;
  seconds: number;
  version: string;
}

const claim = "The transition is sharp at the exact curve only";

const curveColumns = ({ batchSizes, momenta }: AskedDiagram): Column<CriticalCurve>[] => [
  { heading: "criterion", cell: (curve) => curve.label, align: "left" },
  { heading: "says", cell: (curve) => kindText(curve.kind), align: "left" },
  ...(momenta ?? batchSizes).map((column, k) => ({
    heading: momenta === undefined ? `B = ${column}` : `β = ${column}`,
    cell: (curve: CriticalCurve) => formatNumber(curve.criticalLearningRates[k]),
  })),
];

/** The curves for the terminal: the critical learning rate of each criterion at each batch size. */
export const diagramText = (diagram: AskedDiagram): string =>
  `Critical learning rates, ${whoIn(diagram)}\n\n${formatTable(curveColumns(diagram), diagram.curves)}` +
  diagram.marks.map(({ text }) => `  ! ${text}\n`).join("");

/** The optimizer, the sampling, and over the momentum the batch size. */
function whoIn({ optimizer, momenta, batchSizes, sampling }: PhaseDiagram): string {
  if (momenta === undefined) return isPlainSgd(optimizer) ? sampling : `${optimizerName(optimizer)}, ${sampling}`;
  return `${optimizer.kind === "nesterov" ? "Nesterov's momentum" : "momentum"} β at B = ${batchSizes[0]!}, ${sampling}`;
}

/** The diagram as a document of the schema `sgdscope/diagram@2`; `null` where a criterion does not apply. */
export function diagramDocument({ minimum, version, curves, ...rest }: AskedDiagram): object {
  const { backend, ...known } = minimum;
  return {
    schema: "sgdscope/diagram@2",
    claim,
    lossConvention: lossConvention(minimum.lossLabel),
    environment: environmentOf(version, backend),
    minimum: known,
    ...rest,
    curves: curves.map((curve) => ({
      ...curve,
      criticalLearningRates: curve.criticalLearningRates.map((rate) => rate ?? null),
    })),
  };
}

/** Writes `diagram.svg`, `diagram.png`, `diagram.json` and `diagram.html` into `directory`; gives the path of the page. */
export async function writeDiagramReport(directory: string, diagram: AskedDiagram): Promise<string> {
  const svg = diagramFigure(diagram, { document: await drawingDocument() }).outerHTML;
  return writeReport(directory, {
    "diagram.svg": standaloneSvg(svg),
    "diagram.png": await pngOf(svg),
    "diagram.json": `${formatJson(diagramDocument(diagram), 2)}\n`,
    "diagram.html": page(diagram, svg),
  });
}

function page(diagram: AskedDiagram, svg: string): string {
  const columns = curveColumns(diagram);
  const { sampling, marks, momenta } = diagram;
  const plain = momenta === undefined && isPlainSgd(diagram.optimizer);
  const drawn = sampling.replaceAll("-", " ");
  const near = plain
    ? `SGD with learning rate η and batch size B, drawn ${drawn}, multiplies the expected squared distance by ρ(Q) per step in the long run`
    : `SGD with ${whoIn(diagram).replace(/, [a-z-]+$/, "")}, its batches drawn ${drawn}, multiplies second moments by ρ per step in the long run`;
  const { name, examples, outputs, rank, lossLabel, backend } = diagram.minimum;
  const place = lossLabel === undefined ? "minimum" : "point";
  const loss =
    lossLabel === undefined
      ? "the square loss L = (1/2n) Σ‖f − y‖²"
      : `the loss ${lossLabel}, by its Gauss–Newton linearisation`;
  return htmlReport("Where SGD can stay", `The phase diagram of one ${place}: ${name}`, [
    {
      kind: "text",
      paragraphs: [
        `A ${place} of ${examples} examples × ${plural(outputs, "output")}, rank ${rank}, with ${loss}. Near it, ${near}. Where log ρ is below 0 SGD stays at this ${place}; where it is above, that distance grows exponentially. ${plain ? "The curves are the exact critical learning rate η*(B), and the limit that each bound sets to it." : "The curves are the exact critical learning rate of this optimizer, the edge of full-batch training, and what plain SGD and the rule of the effective rate would say."}`,
        ...marks.map(({ text }) => text),
      ],
    },
    {
      kind: "figure",
      title: claim,
      caption:
        "Each cell is the exact growth rate log ρ of the model linearised there: blue decays, vermilion grows, the faster the stronger the colour. The thick curve is the exact critical learning rate, the thin bars are the other criteria. Necessary ones lie above it, sufficient ones below; heuristics may lie on either side.",
      svg,
    },
    {
      kind: "table",
      title: "Critical learning rates",
      headings: columns.map((column) => column.heading),
      align: columns.map((column) => column.align),
      rows: diagram.curves.map((curve) => columns.map((column) => column.cell(curve))),
      caption: "∞: the formula sets no limit at this batch size.",
    },
    {
      kind: "text",
      title: "Sources",
      paragraphs: diagram.curves.map(
        ({ label, source, evidence }) => `${label}: ${source}${source.includes(evidence) ? "" : ` (${evidence})`}.`,
      ),
    },
    {
      kind: "text",
      title: "Environment",
      paragraphs: [`${environmentLine(environmentOf(diagram.version, backend))} · ${formatSeconds(diagram.seconds)}`],
    },
    { kind: "command", title: "Make it again", command: diagram.command },
  ]);
}

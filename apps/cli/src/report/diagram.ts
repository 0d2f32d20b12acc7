import { diagramFigure, type CriticalCurve, type GrowthRecord } from "@sgdscope/experiments";
import { formatNumber, formatSeconds } from "../terminal/number.js";
import { formatTable, type Column } from "../terminal/table.js";
import { drawingDocument, environmentLine, environmentOf, standaloneSvg, writeReport } from "./folder.js";
import { htmlReport } from "./html.js";
import { pngOf } from "./png.js";

/** The phase diagram of a minimum and how it was asked for. */
export interface Diagram {
  minimum: string;
  examples: number;
  outputs: number;
  rank: number;
  rankTolerance: number;
  sampling: string;
  learningRates: number[];
  batchSizes: number[];
  growth: GrowthRecord[];
  curves: CriticalCurve[];
  backend: string | undefined;
  /** The command that makes this diagram again. */
  command: string;
  seconds: number;
  version: string;
}

const claim = "The transition is sharp at the exact curve only";

const curveColumns = ({ batchSizes }: Diagram): Column<CriticalCurve>[] => [
  { heading: "criterion", cell: (curve) => curve.name, align: "left" },
  { heading: "says", cell: (curve) => curve.kind, align: "left" },
  ...batchSizes.map((batchSize, k) => ({
    heading: `B = ${batchSize}`,
    cell: (curve: CriticalCurve) => formatNumber(curve.criticalLearningRates[k]),
  })),
];

/** The curves for the terminal: the critical learning rate of each criterion at each batch size. */
export const diagramText = (diagram: Diagram): string =>
  `Critical learning rates, ${diagram.sampling}\n\n${formatTable(curveColumns(diagram), diagram.curves)}`;

/** The diagram as a document of the schema `sgdscope/diagram@1`; `null` where infinite or without meaning. */
export function diagramJson({ backend, version, curves, ...rest }: Diagram): object {
  return {
    schema: "sgdscope/diagram@1",
    claim,
    lossConvention: "L = (1/2n) sum |f - y|^2",
    environment: environmentOf(version, backend),
    ...rest,
    curves: curves.map((curve) => ({
      ...curve,
      criticalLearningRates: curve.criticalLearningRates.map((rate) => rate ?? null),
    })),
  };
}

/** Writes `diagram.svg`, `diagram.png`, `diagram.json` and `diagram.html` into `directory`; gives the path of the page. */
export async function writeDiagramReport(directory: string, diagram: Diagram): Promise<string> {
  const svg = diagramFigure(diagram, { document: await drawingDocument() }).outerHTML;
  return writeReport(directory, {
    "diagram.svg": standaloneSvg(svg),
    "diagram.png": await pngOf(svg),
    "diagram.json": `${JSON.stringify(diagramJson(diagram), null, 2)}\n`,
    "diagram.html": page(diagram, svg),
  });
}

function page(diagram: Diagram, svg: string): string {
  const columns = curveColumns(diagram);
  const { examples, outputs, rank, sampling } = diagram;
  return htmlReport("Where SGD can stay", `The phase diagram of one minimum: ${diagram.minimum}`, [
    {
      kind: "text",
      paragraphs: [
        `A minimum of ${examples} examples × ${outputs} output${outputs === 1 ? "" : "s"}, rank ${rank}, with the square loss L = (1/2n) Σ‖f − y‖². Near it, SGD with learning rate η and batch size B, drawn ${sampling.replaceAll("-", " ")}, multiplies the expected loss by ρ(Q) a step in the long run. Where log ρ is below 0 SGD stays at this minimum; where it is above, SGD leaves exponentially fast. The curves are the exact critical learning rate η*(B) and what each bound says it is.`,
      ],
    },
    {
      kind: "figure",
      title: claim,
      caption:
        "Each cell is the exact growth rate log ρ(Q(η, B)) of the model linearised at the minimum: blue decays, vermilion grows, the faster the stronger the colour. The thick curve is the exact critical learning rate, the thin bars are the bounds at each batch size. Necessary bounds lie above it, sufficient ones below; the measured alignment may lie on either side.",
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
        ({ name, source, evidence }) => `${name}: ${source}${source.includes(evidence) ? "" : ` (${evidence})`}.`,
      ),
    },
    {
      kind: "text",
      title: "Environment",
      paragraphs: [
        `${environmentLine(environmentOf(diagram.version, diagram.backend))} · ${formatSeconds(diagram.seconds)}`,
      ],
    },
    { kind: "command", title: "Make it again", command: diagram.command },
  ]);
}

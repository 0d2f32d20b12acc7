import type { Acceptance, Claim, Finished } from "@sgdscope/experiments";
import { acceptanceText, judgedTable, summaryText } from "../report/acceptance.js";
import { drawingDocument, environmentLine, environmentOf, standaloneSvg, writeFigureReport } from "../report/folder.js";
import { htmlReport, type Section } from "../report/html.js";
import { pngOf } from "../report/png.js";
import { formatSeconds } from "../terminal/number.js";
import { plural } from "../terminal/words.js";

/** Claims with all that was computed for them. */
export interface Reproduction {
  preset: "fast" | "full";
  /** Kind of the images. */
  data: string;
  seed: number;
  version: string;
  /** Wall time of this call. */
  seconds: number;
  /** What was asked for, as it was typed. */
  asked: string;
  /** The command that makes the part of one claim again. */
  commandFor(name: string): string;
  parts: ReproducedClaim[];
}

/** One claim, judged. */
interface ReproducedClaim {
  claim: Claim;
  finished: (Finished & { id: string; seconds: number; backend: string })[];
  acceptance: Acceptance[];
}

const title = "What SGD noise does, reproduced";
const lead = "Claims about the noise of SGD and the minima it can stay at, each tried and judged against a band.";

/** Processor time of all jobs of a claim. */
const costOf = ({ finished }: ReproducedClaim): number => finished.reduce((sum, { seconds }) => sum + seconds, 0);
const holdingOf = ({ acceptance }: ReproducedClaim): number => acceptance.filter(({ holds }) => holds).length;

/** The judgements for the terminal. */
export function reproductionText({ parts }: Reproduction): string {
  const blocks = parts.map(
    (part) =>
      `${part.claim.title}  (${part.claim.name}: ${holdingOf(part)} of ${part.acceptance.length} hold)\n` +
      part.acceptance.map((one) => `${acceptanceText(one).replaceAll(/^/gm, "  ")}\n`).join(""),
  );
  return `${blocks.join("\n")}\n${summary(parts)}\n`;
}

const summary = (parts: ReproducedClaim[]): string => summaryText(parts.flatMap(({ acceptance }) => acceptance));

/** The reproduction as a document of the schema `sgdscope/reproduce@2`. */
export function reproductionDocument(reproduction: Reproduction): object {
  const { preset, data, seed, seconds, parts } = reproduction;
  return {
    schema: "sgdscope/reproduce@2",
    lossConvention: "L = (1/2n) sum |f - y|^2",
    environment: environment(reproduction),
    command: reproduction.commandFor(reproduction.asked),
    preset,
    data,
    seed,
    seconds,
    claims: parts.map((part) => ({
      name: part.claim.name,
      title: part.claim.title,
      statement: part.claim.statement,
      source: part.claim.source,
      method: part.claim.method,
      holds: part.acceptance.every(({ holds }) => holds),
      processorSeconds: costOf(part),
      acceptance: part.acceptance,
      command: reproduction.commandFor(part.claim.name),
      jobs: part.finished.map(({ id, role, task, backend, seconds: cost, records }) => ({
        id,
        role,
        study: part.claim.study,
        task,
        backend,
        processorSeconds: cost,
        records,
      })),
    })),
  };
}

const environment = ({ version, parts }: Reproduction): Record<string, string | number> =>
  environmentOf(
    version,
    [...new Set(parts.flatMap(({ finished }) => finished.map(({ backend }) => backend)))].join(", "),
  );

/** Writes `report.html`, `report.json` and each figure as SVG and PNG, light and dark, into `directory`, each whole or
 * not at all, and removes figures of an earlier report that this one lacks; gives the path of the page. */
export async function writeReproduction(directory: string, reproduction: Reproduction): Promise<string> {
  const document = await drawingDocument();
  const drawings = reproduction.parts.map(({ claim, finished }) =>
    claim.figures(finished, { document }).map(({ svg, ...figure }) => ({ ...figure, svg: svg.outerHTML })),
  );
  const files: Record<string, string | Uint8Array> = {};
  for (const [k, { claim }] of reproduction.parts.entries()) {
    for (const { name, svg } of drawings[k]!) {
      const path = `figures/${claim.name}-${name}`;
      files[`${path}.svg`] = standaloneSvg(svg);
      files[`${path}.png`] = await pngOf(svg);
      files[`${path}-dark.png`] = await pngOf(svg, { theme: "dark" });
    }
  }
  return writeFigureReport(directory, files, {
    document: reproductionDocument(reproduction),
    html: htmlReport(title, lead, sections(reproduction, drawings)),
    indent: 1,
  });
}

function sections(
  reproduction: Reproduction,
  drawings: { title: string; caption: string; svg: string }[][],
): Section[] {
  const { parts, preset, data, seed, seconds } = reproduction;
  const cost = parts.reduce((sum, part) => sum + costOf(part), 0);
  return [
    {
      kind: "text",
      paragraphs: [
        `${summary(parts)} Preset ${preset}, images ${data === "cifar10" ? "of CIFAR-10" : "made to look like CIFAR-10"}, seeds from ${seed} up. The loss is L = (1/2n) Σ‖f − y‖²; every number about a minimum is exact from the Gram matrix of per-example gradients and the residuals, unless it carries a standard error. Where single paths of SGD scatter, medians over seeds are judged.`,
      ],
    },
    {
      kind: "contents",
      title: "Claims",
      entries: parts.map((part) => ({
        id: part.claim.name,
        text: part.claim.title,
        note: `${holdingOf(part)} of ${part.acceptance.length} hold`,
        good: holdingOf(part) === part.acceptance.length,
      })),
    },
    ...parts.flatMap((part, k) => claimSections(part, drawings[k]!, reproduction.commandFor(part.claim.name))),
    {
      kind: "text",
      title: "Environment",
      paragraphs: [
        `${environmentLine(environment(reproduction))} · ${formatSeconds(cost)} of processor time in all jobs · ${formatSeconds(seconds)} for this report`,
      ],
    },
    { kind: "command", title: "Make it all again", command: reproduction.commandFor(reproduction.asked) },
  ];
}

function claimSections(
  part: ReproducedClaim,
  figures: { title: string; caption: string; svg: string }[],
  command: string,
): Section[] {
  const { claim, finished, acceptance } = part;
  const table = claim.table(finished);
  return [
    { kind: "chapter", id: claim.name, title: claim.title, lead: claim.statement },
    { kind: "text", paragraphs: [claim.method, `Sources: ${claim.source.replace(/\.$/, "")}.`] },
    judgedTable(acceptance, 3),
    ...figures.map(({ title: heading, caption, svg }): Section => ({
      kind: "figure",
      level: 3,
      title: heading,
      caption,
      svg,
      command,
    })),
    {
      kind: "table",
      title: table.title,
      level: 3,
      folded: true,
      headings: table.headings,
      align: table.headings.map((_, k) => (table.left.includes(k) ? "left" : undefined)),
      rows: table.rows,
      caption: `${plural(finished.length, "job")}, ${formatSeconds(costOf(part))} of processor time.`,
    },
  ];
}

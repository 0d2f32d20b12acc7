import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { formatJson } from "@sgdscope/array-files";
import { makeFolder, placeFile, removeLeftovers } from "@sgdscope/runs";
import { themes, type Theme } from "./png.js";
import { removeStaleFigures, writtenFigures } from "./stale.js";

/** Writes the files of a report into `directory`, each whole or not at all; gives the path of the last one. */
export async function writeReport(directory: string, files: Record<string, string | Uint8Array>): Promise<string> {
  let path = directory;
  for (const folder of new Set(Object.keys(files).map((name) => dirname(join(directory, name)))))
    await removeLeftovers(folder);
  for (const [name, content] of Object.entries(files)) {
    path = join(directory, name);
    await makeFolder(dirname(path));
    await placeFile(path, content, false);
  }
  return path;
}

/**
 * Writes `figures`, then `report.json` with `document` and what it needs to know its figures again, and `report.html`. Figures that an
 * earlier report of this folder wrote, and this one does not have, are removed.
 */
export async function writeFigureReport(
  directory: string,
  figures: Record<string, string | Uint8Array>,
  { document, html, indent }: { document: object; html: string; indent: number },
): Promise<string> {
  await writeReport(directory, figures);
  await removeStaleFigures(directory, Object.keys(figures));
  return writeReport(directory, {
    "report.json": `${formatJson({ ...document, figures: writtenFigures(figures) }, indent)}\n`,
    "report.html": html,
  });
}

/** A `document` to draw figures in. */
export async function drawingDocument(): Promise<Document> {
  const { Window } = await import("happy-dom");
  return new Window().document as unknown as Document;
}

/** An SVG file that reads on light and dark pages alike. */
export function standaloneSvg(svg: string): string {
  const rule = ({ ink, paper }: (typeof themes)[Theme]): string =>
    `svg{color:${ink};background:${paper}!important;--paper:${paper}}`;
  const style = `<style>${rule(themes.light)}@media(prefers-color-scheme:dark){${rule(themes.dark)}}</style>`;
  return svg.replace(/(<svg[^>]*>)/, `$1${style}`) + "\n";
}

/** Where numbers were computed. */
export function environmentOf(version: string, backend?: string): Record<string, string | number> {
  const processors = cpus();
  return {
    sgdscope: version,
    node: process.version,
    ...(backend === undefined ? {} : { backend }),
    platform: `${process.platform} ${process.arch}`,
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? "unknown",
  };
}

/** The environment in one line. */
export const environmentLine = (environment: Record<string, string | number>): string =>
  Object.entries(environment)
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");

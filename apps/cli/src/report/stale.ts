import { createHash } from "node:crypto";
import { lstat, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** A figure that a report wrote: its path below the report's folder, and the SHA-256 of its bytes. */
export interface WrittenFigure {
  path: string;
  sha256: string;
}

const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** What `report.json` keeps of its figures. */
export const writtenFigures = (figures: Record<string, string | Uint8Array>): WrittenFigure[] =>
  Object.entries(figures).map(([path, content]) => ({ path, sha256: sha256(content) }));

/** The paths that reports give figures. */
const figurePath = /^(?:figures\/)?[A-Za-z0-9][\w-]*\.(?:svg|png)$/;

/**
 * Removes the figures that `report.json` of this folder lists and `kept` does not, where their bytes are still those that were written:
 * a file that somebody changed, or put there, stays. A folder without a report, or with one that lists no figures, is left alone.
 */
export async function removeStaleFigures(directory: string, kept: readonly string[]): Promise<void> {
  for (const { path, sha256: written } of await listedFigures(directory)) {
    if (kept.includes(path)) continue;
    const file = join(directory, path);
    try {
      if ((await lstat(file)).isFile() && sha256(await readFile(file)) === written) await rm(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

/** What an earlier report says that it wrote; nothing where it cannot be read. */
async function listedFigures(directory: string): Promise<WrittenFigure[]> {
  let report: unknown;
  try {
    report = JSON.parse(await readFile(join(directory, "report.json"), "utf8"));
  } catch {
    return [];
  }
  const { schema, figures } = (report ?? {}) as { schema?: unknown; figures?: unknown };
  if (typeof schema !== "string" || !schema.startsWith("sgdscope/") || !Array.isArray(figures)) return [];
  return (figures as Partial<Record<keyof WrittenFigure, unknown> | null>[]).filter(
    (figure): figure is WrittenFigure =>
      typeof figure?.path === "string" && figurePath.test(figure.path) && typeof figure.sha256 === "string",
  );
}

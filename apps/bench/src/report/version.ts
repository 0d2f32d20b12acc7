import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The version in the nearest package.json above a file: many packages do not export theirs. */
export function versionAbove(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (!existsSync(path)) continue;
    const { version } = JSON.parse(readFileSync(path, "utf8")) as { version?: string };
    if (version !== undefined) return version;
  }
  return "unknown";
}

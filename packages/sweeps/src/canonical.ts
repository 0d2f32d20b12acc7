import { createHash } from "node:crypto";

/** JSON with sorted keys and without undefined values, so that equal settings have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`)
      .join(",")}}`;
  return JSON.stringify(value);
}

/** The name of a run: the first twelve hexadecimal digits of the SHA-256 of its task in canonical JSON. */
export const runId = (task: unknown): string =>
  createHash("sha256").update(canonicalJson(task)).digest("hex").slice(0, 12);

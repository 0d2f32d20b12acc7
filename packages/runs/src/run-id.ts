import { createHash } from "node:crypto";
import { configure } from "safe-stable-stringify";

const stringify = configure({ deterministic: true, strict: true, bigint: false });

/**
 * JSON with sorted keys and without undefined values, so that equal settings have equal text.
 *
 * @throws Error for what is not JSON: numbers that are not finite, big integers, circular references.
 */
export const canonicalJson = (value: unknown): string => stringify(value) ?? "null";

/** The name of a run: the first twelve hexadecimal digits of the SHA-256 of its task in canonical JSON. */
export const runId = (task: unknown): string =>
  createHash("sha256").update(canonicalJson(task)).digest("hex").slice(0, 12);

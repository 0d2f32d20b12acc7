import { importByName } from "./load.js";

const SHIMS: Record<string, (value: unknown) => boolean> = {
  isArray: (value) => Array.isArray(value),
  isBoolean: (value) => typeof value === "boolean",
  isFunction: (value) => typeof value === "function",
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === "number",
  isObject: (value) => typeof value === "object" && value !== null,
  isString: (value) => typeof value === "string",
  isUndefined: (value) => value === undefined,
};

/**
 * Restores the type checks of `node:util` that Node 23 removed and `@tensorflow/tfjs-node` 4.22 still calls.
 *
 * @returns The restored names; none on Node 22 and before.
 */
export async function restoreUtilChecks(): Promise<string[]> {
  const { default: util } = (await importByName("node:util")) as { default: Record<string, unknown> };
  const missing = Object.keys(SHIMS).filter((name) => typeof util[name] !== "function");
  for (const name of missing) util[name] = SHIMS[name];
  return missing;
}

import { ArrayFilesError } from "./errors.js";
import { parseJsonText } from "./json-text.js";
import type { NamedArray } from "./named-array.js";

const MOST_BYTES = 2 ** 28;
const MOST_AXES = 64;

/**
 * Reads nested arrays of numbers, as `json.dump(array.tolist())` writes them, or an object of such arrays.
 *
 * @param bytes - The whole file, at most 256 MiB in UTF-8 with at most 2²⁵ values and 64 axes.
 * @param stem - What the array is called where there is no object that names it.
 * @returns Arrays of doubles. Cost: about ten times the bytes of the numbers while it works.
 * @throws ArrayFilesError WRONG_FORMAT for what is no JSON; CORRUPT, with the place, where lengths differ, a key occurs twice or
 *   something is not a finite number; TOO_LARGE.
 */
export function parseJsonArrays(bytes: Uint8Array, stem: string): Record<string, NamedArray> {
  if (bytes.length > MOST_BYTES)
    throw new ArrayFilesError(
      "TOO_LARGE",
      `readArrays: expected JSON of at most ${MOST_BYTES} bytes, got ${bytes.length}; .npy files have no such limit`,
    );
  const value = parseJsonText(bytes, {
    caller: "readArrays",
    what: "JSON",
    invalid: "WRONG_FORMAT",
    depth: 1 + MOST_AXES,
  });
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { [stem]: fromNested(value, "value") };
  return Object.fromEntries(
    Object.entries(value).map(([name, nested]) => [name, fromNested(nested, `value[${JSON.stringify(name)}]`)]),
  );
}

/** A number (shape `[]`) or arrays of equal lengths at each depth, numbers at the deepest. */
function fromNested(value: unknown, root: string): NamedArray {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0] as unknown) shape.push(inner.length);
  if (shape.length > MOST_AXES)
    throw new ArrayFilesError("TOO_LARGE", `readArrays: expected at most ${MOST_AXES} axes at ${root}, got more`);
  const flat: number[] = [];
  collect(value, shape, [], root, flat);
  return { shape, data: Float64Array.from(flat) };
}

function collect(value: unknown, shape: readonly number[], place: number[], root: string, flat: number[]): void {
  const depth = place.length;
  const wrong = (expected: string, got = show(value)): ArrayFilesError => {
    const at = place.reduce((path, i) => `${path}[${i}]`, root);
    return new ArrayFilesError("CORRUPT", `readArrays: expected ${expected.replace("AT", `at ${at}`)}, got ${got}`);
  };
  if (depth === shape.length) {
    if (typeof value !== "number") throw wrong("a number AT");
    if (!Number.isFinite(value)) throw wrong("a finite number AT");
    flat.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== shape[depth])
    throw wrong(
      `${countOf(shape[depth]!)} AT as in its neighbours`,
      Array.isArray(value) ? `${value.length}` : show(value),
    );
  for (let i = 0; i < value.length; i++) {
    place.push(i);
    collect(value[i], shape, place, root, flat);
    place.pop();
  }
}

const countOf = (items: number): string => `${items} ${items === 1 ? "item" : "items"}`;

function show(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${countOf(value.length)}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "number" ? `${value}` : JSON.stringify(value).slice(0, 60);
}

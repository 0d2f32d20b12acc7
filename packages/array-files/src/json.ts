import { ArrayFilesError } from "./errors.js";
import type { NamedArray } from "./named-array.js";

/**
 * Nested arrays of numbers, as `json.dump(array.tolist())` writes them, as one array of doubles.
 *
 * @param value - A number (shape `[]`) or arrays of equal lengths at each depth, numbers at the deepest.
 * @throws ArrayFilesError CORRUPT, with the place, where lengths differ or something is not a number.
 */
export function fromNested(value: unknown): NamedArray {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0] as unknown) shape.push(inner.length);
  const flat: number[] = [];
  collect(value, shape, 0, "", flat);
  return { shape, data: Float64Array.from(flat) };
}

function collect(value: unknown, shape: readonly number[], depth: number, place: string, flat: number[]): void {
  if (depth === shape.length) {
    if (typeof value !== "number")
      throw new ArrayFilesError("CORRUPT", `readArray: expected a number at value${place}, got ${show(value)}`);
    flat.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== shape[depth])
    throw new ArrayFilesError(
      "CORRUPT",
      `readArray: expected ${shape[depth]!} items at value${place} as in its neighbours, got ${Array.isArray(value) ? value.length : show(value)}`,
    );
  value.forEach((item, i) => collect(item, shape, depth + 1, `${place}[${i}]`, flat));
}

const show = (value: unknown): string => (JSON.stringify(value) as string | undefined)?.slice(0, 60) ?? "nothing";

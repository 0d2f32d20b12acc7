import { HessianEstimatorsError } from "../errors.js";
import { checkInteger } from "../internal/arguments.js";
import type { LinearOperator } from "../operator.js";
import { applyAll, blockwise } from "./arithmetic.js";

/**
 * The principal submatrix of A with the given rows and columns, in their order. One product with A each.
 *
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if there are no indices, one is out of range, or one occurs twice.
 */
export function submatrix(operator: LinearOperator, indices: ArrayLike<number>): LinearOperator {
  const chosen = Array.from(indices);
  const { size } = operator;
  const seen = new Set<number>();
  const wrong = chosen.find((index) => {
    const fresh = Number.isInteger(index) && index >= 0 && index < size && !seen.has(index);
    seen.add(index);
    return !fresh;
  });
  if (chosen.length === 0 || wrong !== undefined)
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `submatrix: expected indices to be different integers from 0 to ${size - 1}, got ${wrong ?? "none"}`,
    );
  return blockwise(chosen.length, async (vectors) => {
    const padded = vectors.map((v) => {
      const full = new Float64Array(size);
      chosen.forEach((index, k) => (full[index] = v[k]!));
      return full;
    });
    const images = await applyAll(operator, padded);
    return images.map((image) => Float64Array.from(chosen, (index) => image[index]!));
  });
}

/**
 * The diagonal block of A with the rows and columns from `start` up to, but not including, `end`, such as that of a layer with contiguous parameters.
 * One product with A each.
 *
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if the range is empty or out of bounds.
 */
export function rangeBlock(operator: LinearOperator, start: number, end: number): LinearOperator {
  const { size } = operator;
  checkInteger("rangeBlock", "start", start, 0, size - 1);
  checkInteger("rangeBlock", "end", end, start + 1, size);
  return blockwise(end - start, async (vectors) => {
    const padded = vectors.map((v) => {
      const full = new Float64Array(size);
      full.set(v, start);
      return full;
    });
    return (await applyAll(operator, padded)).map((image) => image.slice(start, end));
  });
}

/**
 * The diagonal blocks of the layers, in the order in which the flat vector concatenates them.
 *
 * @param sizes - Numbers of parameters by name; they must sum to `operator.size`.
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if they do not.
 */
export function layerBlocks(
  operator: LinearOperator,
  sizes: Readonly<Record<string, number>>,
): Record<string, LinearOperator> {
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  if (total !== operator.size)
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `layerBlocks: expected sizes that sum to ${operator.size}, got ${total}`,
    );
  let start = 0;
  return Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => [name, rangeBlock(operator, start, (start += size))]),
  );
}

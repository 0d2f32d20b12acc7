import type { Kernels } from "../kernels/kernels.js";
import { tileCalls } from "../kernels/product.js";
import type { Tridiagonalization } from "./tridiagonalize.js";

/** Reflectors that are gathered before the remaining matrix is updated by all of them at once. */
const PANEL = 48;
/** Parts of a product with a vector; their number is fixed, so that the order of the sums is. */
const PARTS = 8;
/** Rows below which a product with a vector is not worth dividing. */
const DIVIDED = 512;

/**
 * As `tridiagonalize`, by the kernels: half of the work is products of matrices, the other half reads the remaining
 * matrix once per row and leaves it as it is.
 *
 * @param matrix - Symmetric n × n, row-major; **overwritten** and returned as `reflectors`. Only the lower triangle is read.
 * @returns Undefined, with the matrix as it was, where the kernels lack memory: `n² + 160n` doubles.
 * @see Dongarra, Sorensen & Hammarling (1989), J. Comput. Appl. Math. 27, for the panels.
 */
export function blockedTridiagonalize(
  matrix: Float64Array,
  size: number,
  kernels: Kernels,
): Tridiagonalization | undefined {
  const row = size + (size & 1);
  const place = kernels.reserve(row * size + (3 * PANEL + PARTS) * row + 2 * PANEL);
  if (place === undefined) return undefined;
  const { memory, first: a } = place;
  kernels.gatherThreads();
  for (let i = 0; i < size; i++) memory.set(matrix.subarray(i * size, i * size + i + 1), a + i * row);
  // Reflectors V, then W, then V once more: [V W] and [W V] are both in one piece.
  const v = a + row * size;
  const w = v + PANEL * row;
  const again = w + PANEL * row;
  const partial = again + PANEL * row;
  const weights = partial + PARTS * row;

  const diagonal = new Float64Array(size);
  const offDiagonal = new Float64Array(Math.max(0, size - 1));
  const tau = new Float64Array(size);
  const once = (name: string, ...values: number[]): void => kernels.run(name, [values]);

  let gathered = 0;
  for (let k = size - 1; k >= 0; k--) {
    const at = a + k * row;
    // What the reflectors of this panel have done to row k.
    once("subtractRows", 8 * at, 8 * v, 8 * row, gathered, 8 * (w + k), 8 * row, k + 1);
    once("subtractRows", 8 * at, 8 * w, 8 * row, gathered, 8 * (v + k), 8 * row, k + 1);
    diagonal[k] = memory[at + k]!;
    if (k === 0) break;

    const { beta, scale, t } = reflector(memory, at, k);
    offDiagonal[k - 1] = beta;
    tau[k] = t;
    const u = v + gathered * row;
    if (t === 0) memory.fill(0, at, at + k);
    else {
      for (let j = at; j < at + k - 1; j++) memory[j]! *= scale;
      memory[at + k - 1] = 1;
    }
    memory.copyWithin(u, at, at + k);
    memory.fill(0, u + k, u + row);
    const y = w + gathered * row;
    memory.fill(0, y, y + row);
    if (t !== 0) {
      multiplySymmetric(kernels, memory, { a, row, k, u, y, partial });
      once("multiplyRows", 8 * v, 8 * row, gathered, 8 * u, k, 8 * weights);
      once("multiplyRows", 8 * w, 8 * row, gathered, 8 * u, k, 8 * (weights + PANEL));
      once("subtractRows", 8 * y, 8 * w, 8 * row, gathered, 8 * weights, 8, k);
      once("subtractRows", 8 * y, 8 * v, 8 * row, gathered, 8 * (weights + PANEL), 8, k);
      let overlap = 0;
      for (let j = 0; j < k; j++) overlap += memory[y + j]! * memory[u + j]!;
      const shift = 0.5 * t * t * overlap;
      for (let j = 0; j < k; j++) memory[y + j] = t * memory[y + j]! - shift * memory[u + j]!;
    }
    gathered++;
    if (gathered < PANEL) continue;
    memory.copyWithin(again, v, w);
    const left = { at: v, row: 1, column: row };
    const right = { at: w, row: 1, column: row };
    const shape = { rows: k, columns: k, inner: 2 * PANEL, lower: true };
    kernels.run("multiplyTile", tileCalls({ a: left, b: right, out: { at: a, row }, ...shape, mode: -1 }));
    gathered = 0;
  }
  for (let i = 0; i < size; i++) matrix.set(memory.subarray(a + i * row, a + i * row + i), i * size);
  return { diagonal, offDiagonal, reflectors: matrix, tau };
}

/** The reflection `I − t·u·uᵀ` that takes the first k entries to `beta` times the last unit vector; `u` is `scale` times them, but 1 at the end. */
function reflector(x: Float64Array, at: number, k: number): { beta: number; scale: number; t: number } {
  let square = 0;
  for (let j = at; j < at + k - 1; j++) square += x[j]! * x[j]!;
  const alpha = x[at + k - 1]!;
  if (square === 0) return { beta: alpha, scale: 0, t: 0 };
  const beta = (alpha > 0 ? -1 : 1) * Math.sqrt(alpha * alpha + square);
  return { beta, scale: 1 / (alpha - beta), t: (beta - alpha) / beta };
}

/** `y = A·u` for the leading k × k block, in parts of about equal work. */
function multiplySymmetric(
  kernels: Kernels,
  memory: Float64Array,
  { a, row, k, u, y, partial }: { a: number; row: number; k: number; u: number; y: number; partial: number },
): void {
  const parts = k < DIVIDED ? 1 : PARTS;
  const bounds = Array.from({ length: parts + 1 }, (_, part) =>
    part === parts ? k : 4 * Math.floor((k * Math.sqrt(part / parts)) / 4),
  );
  kernels.run(
    "multiplySymmetricRows",
    Array.from({ length: parts }, (_, part) => {
      const out = parts === 1 ? y : partial + part * row;
      return [8 * a, 8 * row, 8 * u, 8 * out, bounds[part]!, bounds[part + 1]!];
    }),
  );
  if (parts > 1)
    for (let part = 0; part < parts; part++)
      for (let j = 0, from = partial + part * row; j < bounds[part + 1]!; j++) memory[y + j]! += memory[from + j]!;
}

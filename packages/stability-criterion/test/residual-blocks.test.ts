import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { blocksOfProduct, timesBlocks } from "../src/residual-blocks.js";

const EXAMPLES = 3;

describe.each([
  [1, 1],
  [1, 4],
  [2, 3],
  [3, 5],
  [5, 4],
  [10, 7],
])("blocks of %d outputs, %d rows", (outputs, rows) => {
  const size = EXAMPLES * outputs;
  const random = seededRandom(17 * outputs + rows);

  it("multiply each row by the block-diagonal matrix that they stand for", () => {
    const matrix = gaussian(rows * size, random);
    const halves = gaussian(size * outputs, random);
    const symmetric = halves.map((value, k) => {
      const [i, c, d] = [Math.floor(k / outputs ** 2), Math.floor(k / outputs) % outputs, k % outputs];
      return value + halves[(i * outputs + d) * outputs + c]!;
    });
    const dense = new Float64Array(size * size);
    for (const [k, value] of symmetric.entries()) {
      const [row, d] = [Math.floor(k / outputs), k % outputs];
      dense[row * size + Math.floor(row / outputs) * outputs + d] = value;
    }
    const product = timesBlocks(matrix, symmetric, rows, outputs);
    for (let a = 0; a < rows; a++)
      for (let j = 0; j < size; j++) {
        let expected = 0;
        for (let k = 0; k < size; k++) expected += matrix[a * size + k]! * dense[k * size + j]!;
        expect(product[a * size + j]).toBeCloseTo(expected, 12);
      }
  });

  it("are the diagonal blocks of the product", () => {
    const [left, right] = [gaussian(size * rows, random), gaussian(size * rows, random)];
    const blocks = blocksOfProduct(left, right, rows, outputs);
    expect(blocks).toHaveLength(size * outputs);
    for (let row = 0; row < size; row++)
      for (let d = 0; d < outputs; d++) {
        const column = Math.floor(row / outputs) * outputs + d;
        let expected = 0;
        for (let a = 0; a < rows; a++) expected += left[row * rows + a]! * right[column * rows + a]!;
        expect(blocks[row * outputs + d]).toBeCloseTo(expected, 12);
      }
  });
});

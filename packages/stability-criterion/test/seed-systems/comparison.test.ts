import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { prepareMinimum, thresholdComparison } from "../../src/index.js";
import { problem } from "../support/problems.js";

/** 200 Gaussian inputs in 8 dimensions with variances from 1 to .2: a draw of NumPy, its file format with a header of 128 bytes. */
const file = readFileSync(new URL("gaussian-200x8.npy", import.meta.url));
const inputs = new Float64Array(file.buffer.slice(file.byteOffset + 128, file.byteOffset + file.length));

/** B; exact, Gaussian population, decoupled, 2B/Tr H, √B/‖H‖_F, 2/λ_max, by NumPy and SciPy with dense Kronecker matrices. */
const reference: [number, number[], string[]][] = [
  [
    1,
    [
      0.33002229200096295, 0.3274497703776024, 0.4336809879677788, 0.4336809879677788, 0.5501508677364558,
      1.8677411049277297,
    ],
    [".3300", ".3274", ".4337", ".4337", ".5502", "1.8677"],
  ],
  [
    2,
    [
      0.5831428784029014, 0.5796112193499198, 0.7484814015334262, 0.8673619759355576, 0.7780308185042226,
      1.8677411049277297,
    ],
    [".5831", ".5796", ".7485", ".8674", ".7780", "1.8677"],
  ],
  [
    8,
    [
      1.3139371615041442, 1.3132803437257778, 1.547917444773221, 3.4694479037422306, 1.5560616370084452,
      1.8677411049277297,
    ],
    ["1.3139", "1.3133", "1.5479", "3.47", "1.5561", "1.8677"],
  ],
  [
    32,
    [
      1.7384513034727878, 1.7393233755494562, 1.8453138992601417, 13.877791614968922, 3.1121232740168905,
      1.8677411049277297,
    ],
    ["1.7385", "1.7393", "1.8453", "13.9", "3.11", "1.8677"],
  ],
];

describe("the comparison of thresholds on a draw of Gaussian inputs", () => {
  const minimum = prepareMinimum(problem(inputs, new Float64Array(200).fill(1)).system);
  const rows = thresholdComparison(minimum, { batchSizes: [1, 2, 8, 32], sampling: "with-replacement" });
  const columns = rows.map((row) => [
    row.exact,
    row.gaussian,
    row.decoupled,
    row.trace,
    row.frobenius,
    row.gradientDescent,
  ]);

  it.each(reference)("has every column of the documented table at B = %d", (batchSize, values, printed) => {
    const row = columns[rows.findIndex((each) => each.batchSize === batchSize)]!;
    row.forEach((value, k) => {
      expect(value / values[k]!).toBeCloseTo(1, 10);
      const digits = printed[k]!.split(".")[1]!.length;
      expect(value.toFixed(digits).replace(/^0/, "")).toBe(printed[k]);
    });
  });

  it("finds the Frobenius bound 18 to 79 % above the exact threshold, and Gaussian inputs within 1 %", () => {
    const slack = columns.map(([exact, , , , frobenius]) => Math.round(100 * (frobenius! / exact! - 1)));
    expect([Math.min(...slack), Math.max(...slack)]).toEqual([18, 79]);
    for (const [exact, gaussian] of columns) expect(Math.abs(gaussian! / exact! - 1)).toBeLessThan(0.01);
  });
});

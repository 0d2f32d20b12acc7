import { seededRandom } from "@sgdscope/random";
import { assertDeterministic, assertSymmetric, type LinearOperator } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { dense, diagonal, withSpectrum } from "./support.js";

const symmetric = withSpectrum(Array.from({ length: 40 }, (_, i) => i - 10));

describe("assertDeterministic", () => {
  test("accepts a matrix", async () => {
    await expect(assertDeterministic(symmetric)).resolves.toBeUndefined();
  });

  test("refuses an operator that remembers its last vector", async () => {
    let memory = 0;
    const forgetful: LinearOperator = { size: 3, apply: (v) => Promise.resolve(v.map((x) => x + 1e-9 * memory++)) };
    await expect(assertDeterministic(forgetful)).rejects.toMatchObject({ code: "NOT_DETERMINISTIC" });
    await expect(assertDeterministic(forgetful, { tolerance: 1e-6 })).resolves.toBeUndefined();
  });

  test("refuses an operator that writes into its argument", async () => {
    const scribbling: LinearOperator = { size: 2, apply: (v) => Promise.resolve(v.fill(0)) };
    await expect(assertDeterministic(scribbling)).rejects.toThrow("the operator writes into its argument");
  });

  test("accepts the zero operator", async () => {
    await expect(assertDeterministic(diagonal([0, 0]))).resolves.toBeUndefined();
  });
});

describe("assertSymmetric", () => {
  test("accepts a symmetric matrix at the tolerance of Float64", async () => {
    await expect(assertSymmetric(symmetric, seededRandom(1), { tolerance: 1e-12 })).resolves.toBeUndefined();
  });

  test("refuses a matrix with 1 % of asymmetry", async () => {
    const skew = new Float64Array(symmetric.matrix);
    for (let i = 0; i < 39; i++) skew[i * 40 + i + 1]! += 0.2;
    await expect(assertSymmetric(dense(skew, 40), seededRandom(1))).rejects.toMatchObject({ code: "NOT_SYMMETRIC" });
  });

  test("accepts the zero operator", async () => {
    await expect(assertSymmetric(diagonal([0, 0, 0]), seededRandom(1))).resolves.toBeUndefined();
  });
});

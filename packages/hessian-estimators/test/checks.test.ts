import { gaussian, seededRandom } from "@sgdscope/random";
import { scale } from "@sgdscope/linear-algebra";
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

  test("takes three products, and none of the difference that is allowed", async () => {
    const counted = dense(symmetric.matrix, 40);
    await assertDeterministic(counted);
    expect(counted.products).toBe(3);
    // The third product is the first times 1 + 1e-3.
    const drifting = (): LinearOperator => {
      let product = 0;
      const factors = [1, 1, 1.001];
      return { size: 3, apply: (v) => Promise.resolve(scale(factors[product++]!, v)) };
    };
    await expect(assertDeterministic(drifting(), { tolerance: 1.001e-3 })).resolves.toBeUndefined();
    await expect(assertDeterministic(drifting(), { tolerance: 0.999e-3 })).rejects.toMatchObject({
      code: "NOT_DETERMINISTIC",
    });
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

  test("looks at two pairs, or as many as asked for, and allows 1e-4", async () => {
    const counted = dense(symmetric.matrix, 40);
    await assertSymmetric(counted, seededRandom(1));
    expect(counted.products).toBe(4);
    await assertSymmetric(counted, seededRandom(1), { pairs: 3 });
    expect(counted.products).toBe(10);
    // The identity with a quarter turn of size s: uᵀ(Av) − vᵀ(Au) = 2s(u₁v₂ − u₂v₁), beside √(‖u‖² + ‖v‖²)·√(1 + s²).
    const random = seededRandom(5);
    const [u, v] = [gaussian(2, random), gaussian(2, random)];
    const area = Math.abs(u[0]! * v[1]! - u[1]! * v[0]!) / Math.hypot(u[0]!, u[1]!, v[0]!, v[1]!);
    const turned = (asymmetry: number): LinearOperator => {
      const s = asymmetry / (2 * area);
      return dense(Float64Array.of(1, s, -s, 1), 2);
    };
    const check = (asymmetry: number, tolerance?: number): Promise<void> =>
      assertSymmetric(turned(asymmetry), seededRandom(5), {
        pairs: 1,
        ...(tolerance === undefined ? {} : { tolerance }),
      });
    await expect(check(0.99e-4)).resolves.toBeUndefined();
    await expect(check(1.01e-4)).rejects.toMatchObject({ code: "NOT_SYMMETRIC" });
    await expect(check(0.99e-3, 1e-3)).resolves.toBeUndefined();
    await expect(check(1.01e-3, 1e-3)).rejects.toMatchObject({ code: "NOT_SYMMETRIC" });
  });

  test.each([{ tolerance: 0 }, { pairs: 0 }, { tolerance: NaN }])("is refused with %o", async (options) => {
    const refused = { code: "INVALID_ARGUMENT", message: expect.stringContaining("assertSymmetric") as string };
    await expect(assertSymmetric(symmetric, seededRandom(1), options)).rejects.toMatchObject(refused);
  });
});

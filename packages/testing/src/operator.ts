import { gaussian, seededRandom } from "@sgdscope/random";
import { beforeAll, describe, expect, test } from "vitest";
import { allclose } from "./allclose.js";

/** A symmetric linear map on vectors of length `size`. */
export interface LinearOperator {
  size: number;
  apply(v: Float64Array): Promise<Float64Array>;
}

export interface TestOperatorOptions {
  /** The same matrix, row-major `size × size`, or a function that gives it; then every column is compared. */
  dense?: ArrayLike<number> | (() => ArrayLike<number> | Promise<ArrayLike<number>>);
  /** Relative to the largest entry of a product; default 1e-5, which Float32 products fulfil. */
  tolerance?: number;
  /** Also asserts vᵀAv ≥ 0; default false. */
  positive?: boolean;
  /** Default 1. */
  seed?: number;
}

/**
 * Registers the tests that every `LinearOperator` must pass: size, finite products, linearity, symmetry, determinism, and, if a
 * dense matrix is given, equality with it.
 *
 * Costs 9 products, and `size` more with `dense`. Vectors passed in are never read again, and results are copied at once, so an operator
 * may keep or overwrite both. If the operator has a `dispose`, it is called at the end.
 */
export function testOperator(
  name: string,
  makeOperator: () => LinearOperator | Promise<LinearOperator>,
  options: TestOperatorOptions = {},
): void {
  const { tolerance = 1e-5, positive = false, seed = 1 } = options;
  describe(`${name} is a symmetric linear operator`, () => {
    let operator: LinearOperator;
    let u: Float64Array, v: Float64Array, Au: Float64Array, Av: Float64Array;
    const product = async (x: Float64Array): Promise<Float64Array> => (await operator.apply(x.slice())).slice();

    beforeAll(async () => {
      operator = await makeOperator();
      const random = seededRandom(seed);
      [u, v] = [gaussian(operator.size, random), gaussian(operator.size, random)];
      [Au, Av] = [await product(u), await product(v)];
      return () => (operator as { dispose?: () => void }).dispose?.();
    });

    test("has a size and finite Float64 products of that length", () => {
      expect(
        Number.isInteger(operator.size) && operator.size > 0,
        `size is a positive integer, got ${operator.size}`,
      ).toBe(true);
      for (const result of [Au, Av]) {
        expect(result).toBeInstanceOf(Float64Array);
        expect(result).toHaveLength(operator.size);
        expect(result.every(Number.isFinite), "the product of a finite vector is finite").toBe(true);
      }
    });

    test("is linear: A(au + bv) = a·Au + b·Av, and A0 = 0", async () => {
      const [a, b] = [0.75, -1.25];
      const mixed = await product(u.map((value, i) => a * value + b * v[i]!));
      close(
        mixed,
        Au.map((value, i) => a * value + b * Av[i]!),
      );
      close(await product(new Float64Array(operator.size)), new Float64Array(operator.size));
      close(
        await product(u.map((value) => -2 * value)),
        Au.map((value) => -2 * value),
      );
    });

    test("is symmetric: u·Av = v·Au", () => {
      const scale = Math.max(norm(u) * norm(Av), norm(v) * norm(Au));
      expect(Math.abs(dot(u, Av) - dot(v, Au)), "u·Av − v·Au").toBeLessThanOrEqual(tolerance * scale);
    });

    test("gives the same product each time", async () => {
      close(await product(u), Au);
      close(await product(v), Av);
    });

    test.runIf(positive)("is positive semidefinite along the probes", () => {
      expect(dot(u, Au), "uᵀAu").toBeGreaterThanOrEqual(-tolerance * norm(u) * norm(Au));
      expect(dot(v, Av), "vᵀAv").toBeGreaterThanOrEqual(-tolerance * norm(v) * norm(Av));
    });

    test.runIf(options.dense !== undefined)("is the dense matrix, column by column", async () => {
      const dense = typeof options.dense === "function" ? await options.dense() : options.dense!;
      const { size } = operator;
      expect(dense, "the dense matrix is size × size").toHaveLength(size * size);
      let largest = 0;
      for (let i = 0; i < size * size; i++) largest = Math.max(largest, Math.abs(dense[i]!));
      for (let j = 0; j < size; j++) {
        const unit = new Float64Array(size);
        unit[j] = 1;
        const column = Float64Array.from({ length: size }, (_, i) => dense[i * size + j]!);
        const { close, report } = allclose(await product(unit), column, { relative: 0, absolute: tolerance * largest });
        expect(close, `column ${j}: ${report}`).toBe(true);
      }
    });

    function close(found: Float64Array, expected: Float64Array): void {
      // A product that should vanish is measured against one that does not.
      const absolute =
        tolerance * Math.max(...[Au, Av].map((result) => result.reduce((m, x) => Math.max(m, Math.abs(x)), 0)));
      const closeness = allclose(found, expected, { relative: 0, absolute: 4 * absolute });
      expect(closeness.close, closeness.report).toBe(true);
    }
  });
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));

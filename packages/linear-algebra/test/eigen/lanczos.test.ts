import { describe, expect, it } from "vitest";
import { largestEigenpair, multiplyVector, symmetricEigen, LinearAlgebraError } from "../../src/index.js";
import { generator, symmetric } from "../support.js";

describe("the largest eigenpair by Lanczos", () => {
  it.each([1, 2, 10, 60, 200])("is that of the dense solver, size %d", (n) => {
    const matrix = symmetric(n, generator(n));
    const { values } = symmetricEigen(matrix, n);
    const found = largestEigenpair(
      (x) => multiplyVector(matrix, x, n, n),
      Float64Array.from({ length: n }, generator(1)),
    );
    expect(found.converged).toBe(true);
    expect(Math.abs(found.value - values[0]!)).toBeLessThan(1e-12 * Math.abs(values[0]!) + 1e-14);
    const image = multiplyVector(matrix, found.vector, n, n);
    const residual = Math.hypot(...image.map((y, i) => y - found.value * found.vector[i]!));
    expect(residual).toBeLessThan(1e-9 * Math.abs(found.value) + 1e-12);
  });

  it("restarts when the basis is full", () => {
    const n = 100;
    const matrix = symmetric(n, generator(5));
    const found = largestEigenpair((x) => multiplyVector(matrix, x, n, n), new Float64Array(n).fill(1), {
      basisSize: 8,
    });
    expect(found.converged).toBe(true);
    expect(found.products).toBeGreaterThan(8);
    expect(found.value).toBeCloseTo(symmetricEigen(matrix, n).values[0]!, 11);
  });

  it("says when it has not converged, with a lower bound of the eigenvalue", () => {
    const n = 100;
    const matrix = symmetric(n, generator(6));
    const found = largestEigenpair((x) => multiplyVector(matrix, x, n, n), new Float64Array(n).fill(1), {
      maxProducts: 5,
    });
    expect(found.converged).toBe(false);
    expect(found.products).toBe(5);
    expect(found.value).toBeLessThan(symmetricEigen(matrix, n).values[0]!);
  });

  it("tells the next Ritz value, no larger than the second eigenvalue, once there are two", () => {
    const n = 100;
    const matrix = symmetric(n, generator(8));
    const [, second] = symmetricEigen(matrix, n).values;
    const after = (maxProducts: number) =>
      largestEigenpair((x) => multiplyVector(matrix, x, n, n), Float64Array.from({ length: n }, generator(3)), {
        maxProducts,
      });
    expect(after(1).next).toBeUndefined();
    expect(after(5).next).toBeLessThan(second!);
    const { next, value } = after(200);
    expect(next).toBeLessThanOrEqual(second! * (1 + 1e-12));
    expect((value - next!) / (value - second!)).toBeLessThan(1.1);
  });

  it("stops at once in an eigenvector", () => {
    const found = largestEigenpair((x) => x.map((value) => 3 * value), Float64Array.of(1, 1));
    expect(found).toMatchObject({ value: expect.closeTo(3, 14) as number, products: 1, converged: true });
  });

  it("refuses a zero start and products that are not finite", () => {
    expect(() => largestEigenpair((x) => x, new Float64Array(3))).toThrow(LinearAlgebraError);
    expect(() => largestEigenpair((x) => x.map(() => NaN), Float64Array.of(1, 2))).toThrow(/finite product/);
  });
});

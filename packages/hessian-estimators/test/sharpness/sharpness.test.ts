import { denseMatrix, exactTrace, gaussNewtonSplit } from "@sgdscope/hessian-estimators";
import { linearCombination } from "@sgdscope/hessian-estimators/operators";
import {
  averageCaseQuadratic,
  averageCaseSharpness,
  keskarSharpness,
  quadraticModel,
  worstCaseQuadratic,
  worstCaseSharpness,
  type DifferentiableLoss,
} from "@sgdscope/hessian-estimators/sharpness";
import { symmetricEigen } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, test } from "vitest";
import { deviation, diagonal, frobenius, mean, sum, withSpectrum } from "../support.js";

const size = 40;
const indefinite = Array.from({ length: size }, (_, i) => 5 * Math.cos(i) - 0.5);
const operator = withSpectrum(indefinite);
const gradient = gaussian(size, seededRandom(3));

/** The trust-region problem through the dense spectrum and bisection on its own: an independent oracle. */
async function dense(g: Float64Array, radius: number): Promise<number> {
  const { data } = await denseMatrix(operator);
  const { values, vectors } = symmetricEigen(data, size);
  const b = Array.from(values, (_, k) => sum(Array.from(g, (x, i) => x * vectors[k * size + i]!)));
  let [low, high] = [values[0]! + 1e-13, values[0]! + 1e6];
  const lengthAt = (nu: number): number => Math.hypot(...b.map((x, k) => x / (nu - values[k]!)));
  for (let step = 0; step < 300; step++) {
    const middle = (low + high) / 2;
    if (lengthAt(middle) > radius) low = middle;
    else high = middle;
  }
  return sum(b.map((x, k) => (x * x) / (high - values[k]!) + (0.5 * values[k]! * x * x) / (high - values[k]!) ** 2));
}

describe("worstCaseQuadratic", () => {
  test("at a minimum is ½ρ²λ₁, and 0 where nothing rises", async () => {
    const { value, multiplier, converged } = await worstCaseQuadratic(operator, { seed: 1, radius: 0.3 });
    const largest = Math.max(...indefinite);
    expect(value).toBeCloseTo((0.09 * largest) / 2, 6);
    expect(multiplier).toBeCloseTo(largest, 6);
    expect(converged).toBe(true);
    const falling = await worstCaseQuadratic(diagonal(indefinite.map((x) => x - 10)), { seed: 1, radius: 0.3 });
    expect(falling).toMatchObject({ value: 0, multiplier: 0, converged: true });
  });

  test.each([0.01, 0.5, 20])("with a gradient is the dense solution, radius %d", async (radius) => {
    const found = await worstCaseQuadratic(operator, { seed: 1, radius, gradient });
    expect(found.converged).toBe(true);
    expect(found.value / (await dense(gradient, radius))).toBeCloseTo(1, 8);
    expect(Math.hypot(...found.step)).toBeLessThan(radius * (1 + 1e-9));
    const model = quadraticModel(operator, { gradient });
    expect(await model.value(found.step)).toBeCloseTo(found.value, 8);
  });

  test("solves the hard case, where the gradient has no part along the top eigenvector", async () => {
    const entries = [4, 3, 1, -1, -2];
    const g = Float64Array.of(0, 0.5, 0.2, 0.1, 0);
    const { value, multiplier, step } = await worstCaseQuadratic(diagonal(entries), {
      seed: 1,
      radius: 2,
      gradient: g,
    });
    expect(multiplier).toBeCloseTo(4, 8);
    expect(Math.hypot(...step)).toBeCloseTo(2, 8);
    const rest = [1, 2, 3, 4].map((k) => g[k]! / (4 - entries[k]!));
    const along = Math.sqrt(4 - Math.hypot(...rest) ** 2);
    const truth = 2 * along ** 2 + sum(rest.map((x, k) => g[k + 1]! * x + 0.5 * entries[k + 1]! * x * x));
    expect(value).toBeCloseTo(truth, 8);
  });

  test("inside the ball the multiplier is 0", async () => {
    const g = new Float64Array(4).fill(0.1);
    const found = await worstCaseQuadratic(diagonal([-1, -2, -3, -4]), { seed: 1, radius: 5, gradient: g });
    expect(found.multiplier).toBe(0);
    expect(found.value).toBeCloseTo(sum([1, 2, 3, 4].map((x) => 0.005 / x)), 10);
  });

  test("says when the products did not suffice", async () => {
    const found = await worstCaseQuadratic(operator, { seed: 1, radius: 0.5, gradient, maxMatvecs: 4 });
    expect(found).toMatchObject({ converged: false, matvecs: 4 });
  });
});

describe("worstCaseSharpness", () => {
  const center = new Float64Array(size);

  test("of the quadratic model comes near the exact maximum, from below", async () => {
    for (const radius of [0.05, 0.5]) {
      const model = quadraticModel(operator, { gradient, value: 3 });
      const exact = await worstCaseQuadratic(operator, { seed: 1, radius, gradient });
      const found = await worstCaseSharpness(model, center, { seed: 1, radius, steps: 60 });
      expect(found.value).toBeLessThanOrEqual(exact.value * (1 + 1e-9));
      expect(found.value).toBeGreaterThan(0.97 * exact.value);
      expect(found).toMatchObject({ loss: 3, gradients: 180, evaluations: 181 });
    }
  });

  test("in a box reaches the corner of a linear loss, and scales with the parameters where adaptive", async () => {
    const linear: DifferentiableLoss = {
      size: 3,
      value: (v) => Promise.resolve(v[0]! - 2 * v[1]! + 10),
      gradient: () => Promise.resolve(Float64Array.of(1, -2, 0)),
    };
    const point = Float64Array.of(4, -0.5, 7);
    const box = await worstCaseSharpness(linear, point, { seed: 1, radius: 0.1, ball: "linf" });
    expect(box.value).toBeCloseTo(0.3, 12);
    const adaptive = { radius: 0.1, ball: "linf", scale: "adaptive" } as const;
    const { value, step } = await worstCaseSharpness(linear, point, { seed: 1, ...adaptive });
    expect(value).toBeCloseTo(0.5, 12);
    expect([...step].slice(0, 2)).toEqual([expect.closeTo(0.4, 12), expect.closeTo(-0.05, 12)]);
    const ball = await worstCaseSharpness(linear, point, { seed: 1, radius: 1, scale: "adaptive" });
    expect(ball.value).toBeCloseTo(Math.hypot(4, 1), 10);
    // Over |δᵢ| ≤ ε(|θᵢ| + 1) the maximum is ε(5 + 2·1.5), of a loss of 15.
    expect(await keskarSharpness(linear, point, { seed: 1, epsilon: 0.01 })).toBeCloseTo((100 * 0.08) / 16, 10);
  });

  test("refuses a loss that is not finite, a broken scale, and stops on the signal", async () => {
    const broken = { ...quadraticModel(operator), value: () => Promise.resolve(NaN) };
    const options = { seed: 1, radius: 1 };
    await expect(worstCaseSharpness(broken, center, options)).rejects.toThrow("expected loss to be finite");
    const scale = new Float64Array(size).fill(-1);
    await expect(worstCaseSharpness(quadraticModel(operator), center, { ...options, scale })).rejects.toThrow("scale");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(worstCaseSharpness(quadraticModel(operator), center, { ...options, signal })).rejects.toThrow(
      "enough",
    );
  });
});

describe("averageCaseSharpness", () => {
  test("of a quadratic is ½σ²Tr H within its standard error, whatever the gradient", async () => {
    const model = quadraticModel(operator, { gradient: gradient.map((x) => 100 * x) });
    const truth = averageCaseQuadratic(await exactTrace(operator), 0.1);
    const values: number[] = [];
    const errors: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const found = await averageCaseSharpness(model, new Float64Array(size), { seed, sigma: 0.1 });
      expect(found).toMatchObject({ samples: 50, evaluations: 101 });
      values.push(found.value);
      errors.push(found.standardError);
    }
    expect(Math.abs(mean(values) - truth.value)).toBeLessThan((4 * deviation(values)) / Math.sqrt(60));
    expect(mean(errors) / deviation(values)).toBeGreaterThan(0.75);
    expect(mean(errors) / deviation(values)).toBeLessThan(1.3);
  });

  test("adaptive: the perturbation is in proportion to the parameter; stops on the requested accuracy", async () => {
    const positive = quadraticModel(diagonal([1, 2, 3]));
    const options = { seed: 1, sigma: 0.1, scale: "adaptive", relativeError: 0.05 } as const;
    const found = await averageCaseSharpness(positive, Float64Array.of(1, -2, 0), options);
    expect(found.converged).toBe(true);
    expect(Math.abs(found.value / (0.005 * (1 + 8)) - 1)).toBeLessThan(0.15);
  });
});

describe("gaussNewtonSplit", () => {
  const n = 90;
  const g = withSpectrum(
    Array.from({ length: n }, (_, i) => 6 * 0.9 ** i),
    1,
  );
  const rest = withSpectrum(
    Array.from({ length: n }, (_, i) => 2 * 0.9 ** i * (i % 2 ? -1 : 1)),
    2,
  );
  const h = linearCombination([g, rest]);
  const entries = { h: g.matrix.map((x, i) => x + rest.matrix[i]!), g: g.matrix, d: rest.matrix };
  const truth = {
    hessian: frobenius([...entries.h]),
    gaussNewton: frobenius([...entries.g]),
    difference: frobenius([...entries.d]),
    relativeDifference: frobenius([...entries.d]) / frobenius([...entries.h]),
    cosine: sum(entries.h.map((x, i) => x * entries.g[i]!)) / frobenius([...entries.h]) / frobenius([...entries.g]),
  };
  const keys = Object.keys(truth) as (keyof typeof truth)[];

  test("is that of the dense matrices, within standard errors that are honest", async () => {
    const standardised = Object.fromEntries(keys.map((key) => [key, 0]));
    for (let seed = 0; seed < 60; seed++) {
      const found = await gaussNewtonSplit(h, g, { seed, maxMatvecs: 120 });
      expect(found.matvecs).toBe(120);
      for (const key of keys) {
        const { value, standardError } = found[key];
        standardised[key]! += ((value - truth[key]) / standardError) ** 2 / 60;
        expect(Math.abs(value / truth[key] - 1)).toBeLessThan(0.1);
      }
    }
    for (const key of keys) {
      expect(standardised[key]).toBeGreaterThan(0.5);
      expect(standardised[key]).toBeLessThan(1.9);
    }
  });

  test("is exact where the budget covers the matrices, and 0 where both are the same", async () => {
    const exact = await gaussNewtonSplit(h, g, { seed: 1, maxMatvecs: 180 });
    for (const key of keys)
      expect(exact[key]).toMatchObject({ value: expect.closeTo(truth[key], 10) as number, standardError: 0 });
    const same = await gaussNewtonSplit(g, g, { seed: 1, maxMatvecs: 40 });
    expect(same.relativeDifference).toMatchObject({ value: 0, standardError: 0 });
    expect(same.cosine.value).toBeCloseTo(1, 12);
    expect(same.cosine.standardError).toBeLessThan(1e-12);
  });

  test("refuses operators of different sizes", async () => {
    await expect(gaussNewtonSplit(h, diagonal([1]), { seed: 1 })).rejects.toThrow(
      "expected gaussNewton of size 90, got 1",
    );
  });
});

import { gaussian, rademacher, seededRandom } from "@sgdscope/random";
import { describe, expect, test } from "vitest";
import { judgedBySamples } from "../src/internal/coverage.js";
import { drawsOf } from "../src/internal/draws.js";
import { leaveTwoOut } from "../src/internal/leave-two-out.js";
import { add, momentsOf, noMoments, skewness, standardError } from "../src/internal/moments.js";
import { projectOut } from "../src/internal/project-out.js";
import { leftOut, noSketch, takeColumn } from "../src/internal/sketch.js";
import { deviation, mean, sum } from "./support.js";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => sum(Array.from(a, (x, i) => x * b[i]!));
const vectors = (count: number, size: number, seed = 1): Float64Array[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => gaussian(size, random));
};
/** Orthonormal, by Gram and Schmidt as in a textbook, twice. */
function orthonormal(count: number, size: number): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const v of vectors(count, size, 7)) {
    let rest = [...v];
    for (let twice = 0; twice < 2; twice++)
      for (const q of basis) {
        const c = dot(q, rest);
        rest = rest.map((x, i) => x - c * q[i]!);
      }
    const length = Math.sqrt(dot(rest, rest));
    basis.push(Float64Array.from(rest, (x) => x / length));
  }
  return basis;
}

describe("running moments", () => {
  const samples = [3, -1, 4, 1, -5, 9, 2.5];

  test("are those of the list", () => {
    const center = mean(samples);
    const { count, mean: found, deviations, cubes } = momentsOf(samples);
    expect(count).toBe(7);
    expect(found).toBeCloseTo(center, 12);
    expect(deviations).toBeCloseTo(sum(samples.map((x) => (x - center) ** 2)), 10);
    expect(cubes).toBeCloseTo(sum(samples.map((x) => (x - center) ** 3)), 9);
  });

  test("lose nothing to a large mean", () => {
    const far = momentsOf(samples.map((x) => x + 1e8));
    expect(far.deviations).toBeCloseTo(momentsOf(samples).deviations, 5);
  });

  test("give the standard error of the mean, infinite for one sample", () => {
    expect(standardError(momentsOf(samples))).toBeCloseTo(deviation(samples) / Math.sqrt(7), 12);
    const one = noMoments();
    expect(standardError(one)).toBe(Infinity);
    add(one, 5);
    expect(standardError(one)).toBe(Infinity);
    expect(one.mean).toBe(5);
    add(one, 5);
    expect(standardError(one)).toBe(0);
  });

  test("give a skewness from three samples on, corrected for few; none without spread", () => {
    const third = mean(samples.map((x) => (x - mean(samples)) ** 3));
    expect(skewness(momentsOf(samples))).toBeCloseTo((third / deviation(samples) ** 3) * (1 + 6 / 7), 12);
    expect(skewness(momentsOf([1, 9]))).toBe(0);
    expect(skewness(momentsOf([1, 1, 9]))).toBeGreaterThan(0);
    expect(skewness(momentsOf([2, 2, 2, 2]))).toBe(0);
  });
});

describe("taking out directions", () => {
  // Around the four columns and the 2048 entries that are treated at a time.
  test.each([
    [0, 5],
    [1, 1],
    [1, 7],
    [2, 6],
    [3, 2047],
    [4, 2048],
    [5, 2049],
    [6, 33],
    [7, 4097],
    [8, 31],
  ])("of %i columns and %i entries is (I − QQᵀ)v, and returns Qᵀv", (count, size) => {
    const basis = orthonormal(count, size);
    const [v] = vectors(1, size, 3);
    const along = basis.map((q) => dot(q, v!));
    const rest = v!.slice();
    const coefficients = projectOut(basis, rest);
    expect(coefficients).toHaveLength(count);
    along.forEach((c, k) => expect(coefficients[k]).toBeCloseTo(c, 10));
    const expected = Float64Array.from(v!, (x, i) => x - sum(basis.map((q, k) => along[k]! * q[i]!)));
    expect(Math.max(...rest.map((x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(1e-11);
    for (const q of basis) expect(Math.abs(dot(q, rest))).toBeLessThan(1e-13 * Math.sqrt(size));
  });

  test("of a vector that nearly lies within leaves what is orthogonal to rounding", () => {
    const basis = orthonormal(5, 40);
    const [tiny] = vectors(1, 40, 9);
    const v = Float64Array.from({ length: 40 }, (_, i) => sum(basis.map((q) => 1e8 * q[i]!)) + 1e-6 * tiny![i]!);
    projectOut(basis, v);
    for (const q of basis) expect(Math.abs(dot(q, v))).toBeLessThan(1e-15);
  });
});

describe("a sketch", () => {
  const columns = vectors(4, 9);
  const sketch = noSketch();
  columns.forEach((column) => takeColumn(sketch, column));

  test("is Y = QR with orthonormal Q", () => {
    expect(sketch.exhausted).toBe(false);
    sketch.basis.forEach((q, i) => sketch.basis.forEach((p, j) => expect(dot(q, p)).toBeCloseTo(i === j ? 1 : 0, 13)));
    columns.forEach((column, k) => {
      expect(sketch.columns[k]).toHaveLength(k + 1);
      column.forEach((x, i) =>
        expect(
          dot(
            sketch.columns[k]!,
            sketch.basis.slice(0, k + 1).map((q) => q[i]!),
          ),
        ).toBeCloseTo(x, 12),
      );
    });
  });

  test("without one of its columns lacks the direction Qs, to which the others are orthogonal", () => {
    leftOut(sketch).forEach((s, i) => {
      expect(dot(s, s)).toBeCloseTo(1, 13);
      const direction = Float64Array.from({ length: 9 }, (_, at) =>
        dot(
          s,
          sketch.basis.map((q) => q[at]!),
        ),
      );
      columns.forEach((column, k) => {
        if (k === i) expect(Math.abs(dot(direction, column))).toBeGreaterThan(1e-3);
        else expect(dot(direction, column)).toBeCloseTo(0, 11);
      });
    });
  });

  test("that met a direction twice is exhausted, and leaving one out changes nothing", () => {
    const twice = noSketch();
    const [a, b] = columns;
    for (const column of [a!, b!, a!.map((x, i) => 2 * x - b![i]!)]) takeColumn(twice, column);
    expect(twice.exhausted).toBe(true);
    expect(twice.basis).toHaveLength(2);
    expect(twice.columns.map((column) => column.length)).toEqual([1, 2, 2]);
    expect(leftOut(twice).map((s) => [...s])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    const nothing = noSketch();
    takeColumn(nothing, new Float64Array(3));
    expect(nothing).toMatchObject({ exhausted: true, basis: [] });
  });
});

describe("the mean of terms that share their probes", () => {
  test("has the scatter of its terms and the mean covariance of their pairs", () => {
    const terms = [1, 4, 2, 7];
    const change = (i: number, j: number): number => (i + 1) / (j + 2);
    const pairs = [0, 1, 2, 3].flatMap((i) => Array.from({ length: i }, (_, j) => change(i, j) * change(j, i)));
    const found = leaveTwoOut(terms, change);
    expect(found.value).toBeCloseTo(3.5, 12);
    expect(found.standardError).toBeCloseTo(Math.sqrt(deviation(terms) ** 2 / 4 + mean(pairs)), 12);
    expect(found.skewness).toBeCloseTo(skewness(momentsOf(terms)), 12);
  });

  test("is not more accurate where the pairs seem to repel each other", () => {
    const terms = [1, 4, 2, 7];
    const { standardError: error } = leaveTwoOut(terms, (i, j) => (i < j ? -1 : 1));
    expect(error).toBeCloseTo(deviation(terms) / 2, 12);
  });
});

describe("random vectors by number", () => {
  test("are functions of the seed and the number alone", () => {
    const draws = drawsOf("caller", 5, { seed: 3 });
    const stream = (index: number) => seededRandom(3).stream(`vector ${index}`);
    expect(draws.seed).toBe(3);
    for (const index of [4, 0, 4]) {
      expect([...draws.gaussian(index)]).toEqual([...gaussian(5, stream(index))]);
      expect([...draws.rademacher(index)]).toEqual([...rademacher(5, stream(index))]);
    }
  });

  test("from a generator are its next ones, whatever their number", () => {
    const draws = drawsOf("caller", 5, { random: seededRandom(4) });
    const random = seededRandom(4);
    expect(draws.seed).toBeUndefined();
    expect([...draws.gaussian(9)]).toEqual([...gaussian(5, random)]);
    expect([...draws.rademacher(0)]).toEqual([...rademacher(5, random)]);
  });
});

test("fewer than ten samples do not show how skewed they are", () => {
  expect(judgedBySamples(10)).toEqual({});
  expect(judgedBySamples(9)).toEqual({
    coverage: "unreliable",
    reason: "9 independent samples do not show how skewed they are; 10 or more are needed",
  });
});

import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { asDataset, gaussianInputs, linearTeacher, reluTeacher, uniformOnSphere } from "@sgdscope/models-rfm";

describe("uniformOnSphere", () => {
  it("lies on the sphere of radius √d, or the one asked for", () => {
    const [X, unit] = [uniformOnSphere(50, 9, seededRandom(1)), uniformOnSphere(50, 9, seededRandom(1), 1)];
    for (let i = 0; i < 50; i++) {
      expect(Math.hypot(...X.subarray(9 * i, 9 * i + 9))).toBeCloseTo(3, 13);
      expect(Math.hypot(...unit.subarray(9 * i, 9 * i + 9))).toBeCloseTo(1, 13);
    }
  });

  it("has mean 0, variance 1 and fourth moment 3d/(d + 2) in each coordinate", () => {
    const [n, d] = [40_000, 3];
    const X = uniformOnSphere(n, d, seededRandom(2));
    for (let k = 0; k < d; k++) {
      let [m1, m2, m4] = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        const x = X[i * d + k]!;
        m1 += x / n;
        m2 += x ** 2 / n;
        m4 += x ** 4 / n;
      }
      // |x| ≤ √d bounds every deviation.
      expect(Math.abs(m1)).toBeLessThan(5 / Math.sqrt(n));
      expect(Math.abs(m2 - 1)).toBeLessThan((5 * 1) / Math.sqrt(n));
      expect(Math.abs(m4 - 9 / 5)).toBeLessThan((5 * 3) / Math.sqrt(n));
    }
  });
});

describe("gaussianInputs", () => {
  it("has as many numbers as asked for, and refuses sizes that are none", () => {
    expect(gaussianInputs(4, 3, seededRandom(1))).toHaveLength(12);
    expect(() => gaussianInputs(4, 0, seededRandom(1))).toThrow(expect.objectContaining({ code: "INVALID_SIZE" }));
    expect(() => uniformOnSphere(1.5, 2, seededRandom(1))).toThrow(expect.objectContaining({ code: "INVALID_SIZE" }));
    expect(() => uniformOnSphere(1, 2, seededRandom(1), 0)).toThrow(expect.objectContaining({ code: "INVALID_SIZE" }));
  });
});

describe("the teachers", () => {
  it("are Σ relu(v_k·x) over three unit vectors, and u·x", () => {
    const X = gaussianInputs(20, 4, seededRandom(1));
    const relu = reluTeacher(4, seededRandom(2));
    const linear = linearTeacher(4, seededRandom(3));
    const product = (v: Float64Array, k: number, i: number): number =>
      [0, 1, 2, 3].reduce((sum, c) => sum + v[4 * k + c]! * X[4 * i + c]!, 0);
    expect(relu.directions).toHaveLength(12);
    relu(X).forEach((value, i) =>
      expect(value).toBeCloseTo(
        [0, 1, 2].reduce((sum, k) => sum + Math.max(0, product(relu.directions, k, i)), 0),
        14,
      ),
    );
    linear(X).forEach((value, i) => expect(value).toBeCloseTo(product(linear.directions, 0, i), 14));
    expect(Math.hypot(...linear.directions)).toBeCloseTo(1, 14);
    expect(reluTeacher(4, seededRandom(2), 7).directions).toHaveLength(28);
  });

  it("refuse inputs of another dimension", () => {
    expect(() => reluTeacher(4, seededRandom(2))(new Float64Array(7))).toThrow(
      "reluTeacher: expected X of a length that is a multiple of 4, got 7",
    );
  });
});

describe("asDataset", () => {
  it("rounds to Float32 and says the shapes", () => {
    const dataset = asDataset("pair", Float64Array.of(0.1, 2, 3, 4), Float64Array.of(5, 6), 2);
    expect(dataset).toEqual({
      name: "pair",
      size: 2,
      inputShape: [2],
      outputs: 1,
      inputs: Float32Array.of(0.1, 2, 3, 4),
      targets: Float32Array.of(5, 6),
    });
    expect(() => asDataset("pair", new Float64Array(3), new Float64Array(2), 2)).toThrow(
      expect.objectContaining({ code: "WRONG_LENGTH" }),
    );
  });
});

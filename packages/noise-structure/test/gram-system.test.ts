import { describe, expect, it } from "vitest";
import {
  alignmentRange,
  checkGramSystem,
  gramSpectrum,
  gramSystemFromJacobian,
  noiseStructure,
  NoiseStructureError,
  type GramSystem,
} from "../src/index.js";

const system: GramSystem = {
  examples: 2,
  outputs: 1,
  gram: Float64Array.of(2, 1, 1, 2),
  residuals: Float64Array.of(1, -1),
};

const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof NoiseStructureError) return `${error.name} ${error.code}`;
    throw error;
  }
  return "none";
};

describe("a Gram system", () => {
  it.each<[string, Partial<GramSystem>]>([
    ["INVALID_ARGUMENT", { examples: 0 }],
    ["INVALID_ARGUMENT", { outputs: 1.5 }],
    ["SHAPE_MISMATCH", { examples: 3 }],
    ["SHAPE_MISMATCH", { residuals: Float64Array.of(1) }],
    ["NOT_FINITE", { gram: Float64Array.of(2, NaN, 1, 2) }],
    ["NOT_FINITE", { residuals: Float64Array.of(1, Infinity) }],
    ["NOT_SYMMETRIC", { gram: Float64Array.of(2, 1, 0.9, 2) }],
    ["NOT_POSITIVE_SEMIDEFINITE", { gram: Float64Array.of(-2, 1, 1, 2) }],
    ["NOT_POSITIVE_SEMIDEFINITE", { gram: Float64Array.of(1, 2, 2, 1) }],
  ])("is refused with %s: %o", (expected, change) =>
    expect(code(() => noiseStructure({ ...system, ...change }))).toBe(`NoiseStructureError ${expected}`),
  );

  it("may be asymmetric by rounding in Float32", () =>
    expect(code(() => noiseStructure({ ...system, gram: Float64Array.of(2, 1, 1.000001, 2) }))).toBe("none"));

  it("may be as asymmetric as is allowed, and by 1e-5 of its largest entry where nothing is said", () => {
    const check = (difference: number, symmetryTolerance?: number): string => {
      const gram = Float64Array.of(4, 1, 1 + difference, 2);
      const options = symmetryTolerance === undefined ? {} : { symmetryTolerance };
      return code(() => checkGramSystem({ ...system, gram }, "check", options));
    };
    expect([check(3.9e-5), check(-3.9e-5)]).toEqual(["none", "none"]);
    expect([check(4.1e-5), check(-4.1e-5)]).toEqual(Array(2).fill("NoiseStructureError NOT_SYMMETRIC"));
    expect([check(0.39, 0.1), check(0.41, 0.1)]).toEqual(["none", "NoiseStructureError NOT_SYMMETRIC"]);
    expect(check(1e-15, 0)).toBe("NoiseStructureError NOT_SYMMETRIC");
  });

  it("is refused by the first pair that breaks Cauchy and Schwarz, not by one that only meets it or by an empty row", () => {
    const gram = Float64Array.of(0, 0, 0, 0, 0, 1, 2, 0.5, 0, 2, 4, 7, 0, 0.5, 7, 9);
    const act = (): void => checkGramSystem({ examples: 4, outputs: 1, gram, residuals: new Float64Array(4) }, "x");
    expect(act).toThrow("entries of at most √(K_aa·K_bb) = 6, got 7 at (3, 2).");
  });

  it("is refused for a fault anywhere in a large matrix, by its place", () => {
    const size = 70;
    const refusal = (a: number, b: number, value: number): string => {
      const gram = new Float64Array(size * size).fill(1);
      for (let c = 0; c < size; c++) gram[c * size + c] = 2;
      gram[a * size + b] = value;
      try {
        checkGramSystem({ examples: 35, outputs: 2, gram, residuals: new Float64Array(size) }, "check");
      } catch (error) {
        return (error as Error).message;
      }
      return "none";
    };
    for (const [a, b] of [
      [1, 0],
      [33, 31],
      [69, 0],
      [64, 63],
      [69, 68],
    ] as const) {
      for (const [row, column] of [
        [a, b],
        [b, a],
      ] as const) {
        expect(refusal(row, column, 1 + 1e-5)).toBe("none");
        expect(refusal(row, column, 1.1)).toMatch(`1 at (${row < column ? `${a}, ${b}` : `${b}, ${a}`})`);
        expect(refusal(row, column, 1.1)).toMatch(`1.1 at (${row}, ${column})`);
        for (const value of [NaN, Infinity, -Infinity])
          expect(refusal(row, column, value)).toBe(
            `check: expected finite gram, got ${value} at index ${row * size + column}.`,
          );
      }
      expect(refusal(a, a, -1e-300)).toMatch(`got -1e-300 at (${a}, ${a})`);
      expect(refusal(a, a, NaN)).toMatch("expected finite gram, got NaN");
      expect(refusal(a, a, 0.25)).toMatch(/entries of at most √\(K_aa·K_bb\) = 0.707/);
    }
  });

  it("is refused for entries of opposite sign whose difference overflows", () => {
    const gram = Float64Array.of(1.5e308, -1.5e308, 1.5e308, 1.5e308);
    expect(code(() => noiseStructure({ ...system, gram }))).toBe("NoiseStructureError NOT_SYMMETRIC");
  });

  it("is refused by its spectrum when it has a negative eigenvalue", () => {
    // Each pair of examples is possible, the three together are not.
    const gram = Float64Array.of(1, -0.9, -0.9, -0.9, 1, -0.9, -0.9, -0.9, 1);
    const indefinite = { ...system, examples: 3, gram, residuals: Float64Array.of(1, 1, 1) };
    expect(code(() => noiseStructure(indefinite))).toBe("none");
    expect(code(() => gramSpectrum(indefinite))).toBe("NoiseStructureError NOT_POSITIVE_SEMIDEFINITE");
    expect(() => gramSpectrum(indefinite)).toThrow(
      /gramSpectrum: expected gram = JJᵀ without negative eigenvalues, got -0.8000 beside the largest 1.900/,
    );
  });

  it("keeps a negative eigenvalue as 0 within the tolerance, which is 1e-5 where nothing is said", () => {
    const gram = Float64Array.of(1, -0.9, -0.9, -0.9, 1, -0.9, -0.9, -0.9, 1);
    const residuals = Float64Array.of(1, 1, 1);
    const { eigenvalues, rank } = gramSpectrum(
      { examples: 3, outputs: 1, gram, residuals },
      { negativeTolerance: 0.43 },
    );
    expect(Array.from(eigenvalues, (value) => Number(value.toFixed(12)))).toEqual([
      ...[1.9 / 3, 1.9 / 3, 0].map((value) => Number(value.toFixed(12))),
    ]);
    expect(rank).toBe(2);
    // Three vectors at equal angles: eigenvalues 1.5 + δ, twice, and −2δ.
    const of = (delta: number, options = {}): string => {
      const cosine = -0.5 - delta;
      const angles = Float64Array.of(1, cosine, cosine, cosine, 1, cosine, cosine, cosine, 1);
      return code(() => gramSpectrum({ examples: 3, outputs: 1, gram: angles, residuals }, options));
    };
    expect([of(0.7e-5), of(0.8e-5)]).toEqual(["none", "NoiseStructureError NOT_POSITIVE_SEMIDEFINITE"]);
    expect(of(1e-9, { negativeTolerance: 0 })).toBe("NoiseStructureError NOT_POSITIVE_SEMIDEFINITE");
    expect(of(-0.1, { negativeTolerance: -1 })).toBe("NoiseStructureError INVALID_ARGUMENT");
  });

  it("needs a sensible tolerance and some curvature", () => {
    expect(code(() => gramSpectrum(system, { rankTolerance: 0 }))).toBe("none");
    expect(code(() => gramSpectrum(system, { rankTolerance: -1e-9 }))).toBe("NoiseStructureError INVALID_ARGUMENT");
    expect(code(() => gramSpectrum(system, { rankTolerance: 1 }))).toBe("NoiseStructureError INVALID_ARGUMENT");
    expect(code(() => alignmentRange({ ...system, gram: new Float64Array(4) }))).toBe(
      "NoiseStructureError INVALID_ARGUMENT",
    );
  });

  it("names the argument", () =>
    expect(() => noiseStructure({ ...system, residuals: Float64Array.of(1) })).toThrow(
      "noiseStructure: expected residuals [2 × 1], 2 numbers, got 1.",
    ));
});

describe("the Gram system of a Jacobian", () => {
  it("takes Float32 and sums in double precision", () => {
    const found = gramSystemFromJacobian(Float32Array.of(0.1, 0.2), Float32Array.of(1), { examples: 1, outputs: 1 });
    expect(found.gram[0]).toBe(Math.fround(0.1) ** 2 + Math.fround(0.2) ** 2);
  });

  it("refuses a Jacobian that does not fit", () => {
    expect(
      code(() => gramSystemFromJacobian(new Float64Array(5), new Float64Array(2), { examples: 2, outputs: 1 })),
    ).toBe("NoiseStructureError SHAPE_MISMATCH");
    expect(
      code(() => gramSystemFromJacobian(new Float64Array(0), new Float64Array(2), { examples: 2, outputs: 1 })),
    ).toBe("NoiseStructureError SHAPE_MISMATCH");
    expect(() => gramSystemFromJacobian(new Float64Array(5), new Float64Array(2), { examples: 1, outputs: 2 })).toThrow(
      "expected jacobian of 2 rows (1 examples × 2 outputs), got 5 numbers.",
    );
    expect(() =>
      gramSystemFromJacobian(Float64Array.of(1, NaN), new Float64Array(2), { examples: 2, outputs: 1 }),
    ).toThrow("jacobian");
    expect(() => gramSystemFromJacobian(new Float64Array(2), new Float64Array(2), { examples: 0, outputs: 1 })).toThrow(
      "gramSystemFromJacobian: expected examples",
    );
    expect(() => gramSystemFromJacobian(new Float64Array(2), new Float64Array(2), { examples: 2, outputs: 0 })).toThrow(
      "gramSystemFromJacobian: expected outputs",
    );
  });
});

describe("the alignment factor of several outputs", () => {
  it("is also given C times, about 1 where noise and curvature decouple", () => {
    const jacobian = Float64Array.from({ length: 24 }, (_, k) => Math.sin(3 * k + 1));
    const two = gramSystemFromJacobian(jacobian, Float64Array.of(1, -1, 2, 0.5), { examples: 2, outputs: 2 });
    const { alignmentFactor, outputsTimesAlignmentFactor } = noiseStructure(two);
    expect(alignmentFactor).toBeGreaterThan(0);
    expect(outputsTimesAlignmentFactor).toBe(2 * alignmentFactor!);
    const still = noiseStructure({ ...two, residuals: new Float64Array(4) });
    expect(still.outputsTimesAlignmentFactor).toBeUndefined();
  });
});

describe("the rank tolerance", () => {
  // Two directions, and a rounding direction of 1e-8 of the largest as Float32 leaves it.
  const noisy: GramSystem = {
    examples: 3,
    outputs: 1,
    gram: Float64Array.of(3, 0, 0, 0, 1, 0, 0, 0, 3e-8),
    residuals: Float64Array.of(1, 1, 1),
  };

  it("decides which directions count", () => {
    expect(gramSpectrum(noisy).rank).toBe(3);
    expect(gramSpectrum(noisy, { rankTolerance: 1e-6 }).rank).toBe(2);
  });

  it("keeps rounding directions from lowering the worst-case alignment", () => {
    expect(alignmentRange(noisy).infimum).toBeLessThan(1e-10);
    expect(alignmentRange(noisy, { rankTolerance: 1e-6 }).infimum).toBeGreaterThan(0.1);
  });
});

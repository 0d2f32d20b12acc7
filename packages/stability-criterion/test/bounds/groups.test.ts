import { describe, expect, it } from "vitest";
import { coherence, coherenceBound, rankOneBound, wuMaEBound } from "../../src/bounds.js";
import {
  batchSharpness,
  escapeRateLowerBound,
  exactThreshold,
  prepareMinimum,
  samplingWeights,
  spectralRadius,
  stabilityBounds,
  type PreparedMinimum,
} from "../../src/index.js";
import { gramProblem, problem } from "../support/problems.js";

/** Groups of equal examples, orthogonal to those of other groups: of how many, and of what squared norm. */
function groups(...given: [number, number][]): PreparedMinimum {
  const group = given.flatMap(([count], k) => Array.from({ length: count }, () => k));
  return prepareMinimum(gramProblem(group.map((k) => group.map((l) => (k === l ? given[k]![1] : 0)))));
}
const single = { batchSize: 1, sampling: "with-replacement" } as const;
const rankOne = (minimum: PreparedMinimum): number =>
  rankOneBound(minimum, samplingWeights(minimum.examples, single)).criticalLearningRate;

describe("the bound of the best single direction", () => {
  it("is 2/max‖gᵢ‖² for single examples of orthogonal groups, though a larger group is sharper", () => {
    expect(rankOne(groups([4, 1], [1, 2])) / (2 / 2)).toBeCloseTo(1, 12);
    expect(rankOne(groups([5, 1], [4, 1.1], [1, 3])) / (2 / 3)).toBeCloseTo(1, 12);
    expect(rankOne(groups([1, 3], [4, 1])) / (2 / 3)).toBeCloseTo(1, 12);
  });

  it("is not disturbed by examples without a gradient", () => {
    expect(rankOne(groups([1, 2], [1, 0])) / (2 / 2)).toBeCloseTo(1, 12);
    expect(rankOne(groups([2, 0], [1, 1], [1, 2])) / (2 / 2)).toBeCloseTo(1, 12);
  });
});

describe("the coherence", () => {
  it("of orthogonal examples with several outputs is max‖K_ii‖_F over the sharpest λ_max(K_ii)", () => {
    // K_00 = 1, K_11 = [[2, 1], [1, 2]] with eigenvalues 3 and 1.
    const root = Math.sqrt(3);
    const jacobian = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, Math.SQRT2, 0, 0, 0, Math.SQRT1_2, root / Math.SQRT2];
    const { system } = problem(jacobian, [1, 1, 1, 1], 2);
    expect(coherence(prepareMinimum(system)) / (Math.sqrt(10) / 3)).toBeCloseTo(1, 9);
    // The same in the other order.
    const { system: turned } = problem([...jacobian.slice(8), ...jacobian.slice(0, 8)], [1, 1, 1, 1], 2);
    expect(coherence(prepareMinimum(turned)) / (Math.sqrt(10) / 3)).toBeCloseTo(1, 9);
  });

  it("of groups of equal examples is the largest count·norm over the largest norm, whatever has no gradient", () => {
    expect(coherence(groups([3, 1], [1, 2]))).toBeCloseTo(3 / 2, 8);
    expect(coherence(groups([3, 1], [1, 5]))).toBeCloseTo(1, 8);
    expect(coherence(groups([3, 1], [1, 2], [2, 0]))).toBeCloseTo(3 / 2, 8);
  });

  it("sets no limit for the full batch", () => {
    const minimum = groups([3, 1], [1, 2]);
    const weights = samplingWeights(4, { batchSize: 4, sampling: "bernoulli" });
    expect(coherenceBound(minimum, weights)!.criticalLearningRate).toBe(Infinity);
  });
});

describe("a bound in its native form", () => {
  const minimum = prepareMinimum(problem([1, 2, 0, 1, 1, 1, 2, 1, -1, 0.5, 1, 3], [1, -1, 0.5, 1, 2, 1], 2).system);
  const quantities: Record<string, number> = {
    "λ_max(H)": minimum.eigenvalues[0]!,
    "‖H‖_F": Math.hypot(...minimum.eigenvalues),
    "Tr H": minimum.eigenvalues.reduce((sum, value) => sum + value, 0),
  };

  it.each(["with-replacement", "without-replacement", "bernoulli"] as const)(
    "limits λ_max, ‖H‖_F or Tr H of this minimum by limit/η, %s",
    (sampling) => {
      const limited = stabilityBounds(minimum, { batchSize: 1, sampling }).filter(({ curvature }) => curvature);
      for (const { id, criticalLearningRate, curvature } of limited) {
        const { quantity, value, limitTimesLearningRate } = curvature!;
        expect(value / quantities[quantity]!, id).toBeCloseTo(1, 12);
        expect(criticalLearningRate, id).toBe(limitTimesLearningRate / value);
      }
      expect(limited.map(({ id, curvature }) => [id, curvature!.quantity])).toEqual([
        ["gradient-descent", "λ_max(H)"],
        ["alignment-worst-case", "‖H‖_F"],
        ["alignment-measured", "‖H‖_F"],
        ["trace-simple", "Tr H"],
        ["frobenius", "‖H‖_F"],
        ...(sampling === "bernoulli"
          ? [
              ["coherence", "λ_max(H)"],
              ["coherence-best-case", "λ_max(H)"],
            ]
          : []),
      ]);
    },
  );
});

describe.each([
  ["with-replacement", 1, 1],
  ["with-replacement", 2, 1 / 2],
  ["without-replacement", 3, 1 / 9],
] as const)("orthogonal examples, %s in batches of %d of 4: p = %d", (sampling, batchSize, p) => {
  const [n, a, eta] = [4, 3, 0.2];
  const equal = groups([1, a], [1, a], [1, a], [1, a]);

  it("grow by 1 − 2ηa/n + η²a²(p/n + (1 − p)/n²), and at least by η²p(1 − 1/n)a²/n", () => {
    for (const rate of [eta, 4 * eta, 12 * eta]) {
      const expected = 1 - (2 * rate * a) / n + rate ** 2 * a ** 2 * (p / n + (1 - p) / n ** 2);
      expect(spectralRadius(equal, rate, { batchSize, sampling }).spectralRadius / expected).toBeCloseTo(1, 11);
      const least = (rate ** 2 * p * (1 - 1 / n) * a ** 2) / n;
      expect(escapeRateLowerBound(equal, rate, { batchSize, sampling }) / least).toBeCloseTo(1, 11);
    }
    const edge = 2 / (a * (p + (1 - p) / n));
    expect(exactThreshold(equal, { batchSize, sampling }).criticalLearningRate / edge).toBeCloseTo(1, 11);
  });

  it("with several outputs have the sufficient condition 2/(k(p + (1 − p)/n)) of the sharpest k", () => {
    const root = Math.sqrt(3);
    // Blocks 1, 2·1 and [[2, 1], [1, 2]] with eigenvalues 3 and 1, in any order.
    const blocks = [
      [1, 0, 0, 1],
      [Math.SQRT2, 0, 0, Math.SQRT2],
      [Math.SQRT2, 0, Math.SQRT1_2, root / Math.SQRT2],
      [1, 0, 0, 1],
    ];
    for (let turn = 0; turn < n; turn++) {
      const jacobian = Array.from({ length: n }, (_, i) => {
        const block = blocks[(i + turn) % n]!;
        return [0, 1].flatMap((c) =>
          Array.from({ length: 2 * n }, (_, k) => (Math.floor(k / 2) === i ? block[2 * c + (k % 2)]! : 0)),
        );
      }).flat();
      const minimum = prepareMinimum(problem(jacobian, new Float64Array(2 * n), 2).system);
      const found = wuMaEBound(minimum, samplingWeights(n, { batchSize, sampling })).criticalLearningRate;
      expect(found / (2 / (3 * (p + (1 - p) / n)))).toBeCloseTo(1, 8);
    }
  });
});

it("the batch sharpness leaves out examples without a gradient, and is 0 without any", () => {
  const gram = [
    [1, 0, 0],
    [0, 2, 0],
    [0, 0, 3],
  ];
  const at = (...residuals: number[]): number =>
    batchSharpness({ ...gramProblem(gram), residuals: Float64Array.from(residuals) });
  expect(at(1, 0, 2)).toBe(2);
  expect(at(0, 5, 0)).toBe(2);
  expect(at(0, 0, 0)).toBe(0);
});

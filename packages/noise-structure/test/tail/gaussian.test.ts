import { describe, expect, it } from "vitest";
import { gaussianTailFormula, gaussianTailIndex } from "../../src/tail.js";

/** `E(1 − qs)^k` for `s ~ χ²_S/S`, from `E s^j = Π_{i<j} (1 + 2i/S)`. */
function evenMoment(q: number, batchSize: number, k: number): number {
  let moment = 1;
  let binomial = 1;
  let sum = 0;
  for (let j = 0; j <= k; j++) {
    sum += binomial * (-q) ** j * moment;
    moment *= 1 + (2 * j) / batchSize;
    binomial *= (k - j) / (j + 1);
  }
  return sum;
}

function bisect(f: (x: number) => number, low: number, high: number, steps = 100): number {
  const sign = Math.sign(f(low));
  for (let step = 0; step < steps; step++) {
    const middle = (low + high) / 2;
    if (Math.sign(f(middle)) === sign) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

describe("the tail index of regression on Gaussian inputs", () => {
  it.each([
    [1, 1, 1.090826473, 9, 1],
    [4, 1, 3.504683614, 9, 4],
    [8, 1, 6.202300766, 9, 8],
    [1, 0.3, 5.305901, 6, 17 / 3],
  ])("S = %d, aλ = %d: %d, where the closed form says otherwise", (batchSize, product, expected, digits, formula) => {
    const found = gaussianTailIndex(product, batchSize);
    expect(found.value).toBeCloseTo(expected, digits);
    expect(found.regime).toBe("power law");
    expect(found.standardError).toBe(0);
    expect(found.logGrowth).toBeLessThan(0);
    expect(gaussianTailFormula(product, batchSize)).toBeCloseTo(formula, 13);
  });

  it.each([
    [2, 1],
    [1, 2 / 3],
    [8, 1.6],
    [1000, 2000 / 1002],
  ])("S = %d, aλ = %d: 2, the one value where the closed form is exact", (batchSize, product) => {
    expect(gaussianTailIndex(product, batchSize).value).toBeCloseTo(2, 11);
    expect(gaussianTailFormula(product, batchSize)).toBeCloseTo(2, 11);
  });

  it.each([1, 2, 3, 5, 16, 128])("is 4, 6 and 8 where the moments say so, S = %d", (batchSize) => {
    for (const k of [4, 6, 8]) {
      // E(1 − qs)^k − 1 is negative for small steps: the first root is the edge of a finite k-th moment.
      const product = bisect((q) => evenMoment(q, batchSize, k) - 1, 1e-3, 2);
      expect(gaussianTailIndex(product, batchSize).value / k).toBeCloseTo(1, 10);
    }
  });

  it.each([
    [1, 2],
    [2, 4],
    [1, 8],
    [8, 5],
  ])(
    "S = %d in %d dimensions is 2 at the edge of second moments, where the fourth moment says so 4",
    (batchSize, dimension) => {
      const edge = (2 * batchSize) / (batchSize + dimension + 1);
      expect(gaussianTailIndex(edge, batchSize, { dimension }).value).toBeCloseTo(2, 8);
      // E M⁴ of M² = (1 − qs)² + q²st/S from the moments of s and of t ~ χ²_{d−1}.
      const [S, k] = [batchSize, dimension - 1];
      const s = [1, 1, 1 + 2 / S, (1 + 2 / S) * (1 + 4 / S), (1 + 2 / S) * (1 + 4 / S) * (1 + 6 / S)];
      const fourth = (q: number): number => {
        const along = evenMoment(q, S, 4);
        const cross = 2 * q * q * (k / S) * (s[1]! - 2 * q * s[2]! + q * q * s[3]!);
        return along + cross + (q ** 4 * k * (k + 2) * s[2]!) / S ** 2;
      };
      const product = bisect((q) => fourth(q) - 1, 1e-3, edge);
      expect(gaussianTailIndex(product, batchSize, { dimension }).value).toBeCloseTo(4, 7);
    },
  );

  it("of one dimension is that without a dimension", () => {
    expect(gaussianTailIndex(1, 4, { dimension: 1 })).toEqual(gaussianTailIndex(1, 4));
    expect(() => gaussianTailIndex(1, 4, { dimension: 0 })).toThrow(/options.dimension/);
  });

  it("times aλ tends to the root of b(log 2b − 1) = ½ for small steps, not to 2", () => {
    const limit = bisect((b) => b * (Math.log(2 * b) - 1) - 0.5, 1.4, 3);
    expect(limit).toBeCloseTo(1.7956, 4);
    expect(1e-6 * gaussianTailIndex(1e-6, 1).value).toBeCloseTo(limit, 4);
    expect(1e-6 * gaussianTailFormula(1e-6, 1)).toBeCloseTo(2, 5);
  });

  it("falls with the learning rate until there is no stationary law", () => {
    let last = Infinity;
    for (const product of [0.1, 0.5, 1, 1.5, 2, 2.5]) {
      const { value } = gaussianTailIndex(product, 1);
      expect(value).toBeLessThan(last);
      last = value;
    }
    const lost = gaussianTailIndex(3, 1);
    expect(lost.regime).toBe("no stationary law");
    expect(lost.value).toBe(0);
    expect(lost.logGrowth).toBeGreaterThan(0);
  });

  it("has the drift E log|1 − s| = −0.41699 at S = 1 and crosses 0 where the law is lost", () => {
    const critical = bisect((product) => gaussianTailIndex(product, 1).logGrowth, 2, 4, 30);
    expect(gaussianTailIndex(critical * 0.999, 1).value).toBeGreaterThan(0);
    expect(gaussianTailIndex(critical * 0.999, 1).value).toBeLessThan(0.01);
    expect(gaussianTailIndex(critical * 1.001, 1).value).toBe(0);
    // Midpoint rule in z = tan u for s = z², away from nothing but an integrable logarithm.
    let sum = 0;
    const cells = 400_000;
    for (let k = 0; k < cells; k++) {
      const z = Math.tan(((k + 0.5) / cells) * (Math.PI / 2));
      sum += Math.log(Math.abs(1 - z * z)) * Math.exp((-z * z) / 2) * (1 + z * z);
    }
    const drift = sum * Math.sqrt(2 / Math.PI) * (Math.PI / 2 / cells);
    expect(gaussianTailIndex(1, 1).logGrowth).toBeCloseTo(drift, 4);
  });

  it("refuses steps of 0 and fractions of a batch", () => {
    expect(() => gaussianTailIndex(0, 1)).toThrow(/positive product, got 0/);
    expect(() => gaussianTailIndex(1, 1.5)).toThrow(/batchSize/);
    expect(() => gaussianTailFormula(-1, 1)).toThrow(/positive product/);
  });
});

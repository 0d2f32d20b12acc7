import { seededRandom } from "@sgdscope/random";
import { topEigenpairs, type Eigenpairs, type LinearOperator, type Which } from "@sgdscope/hessian-estimators";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repetitions } from "../../../../tooling/soak.js";
import { dense, diagonal, generator, TINY_CNN, withSpectrum } from "../support.js";

/** The eigenvalues asked for, from the whole spectrum. */
function expected(spectrum: readonly number[], count: number, which: Which): number[] {
  const descending = [...spectrum].sort((a, b) => b - a);
  if (which === "largest") return descending.slice(0, count);
  if (which === "smallest") return descending.reverse().slice(0, count);
  if (which === "largest-magnitude") return descending.sort((a, b) => Math.abs(b) - Math.abs(a)).slice(0, count);
  const below = Math.floor(count / 2);
  return [...descending.slice(0, count - below), ...(below > 0 ? descending.slice(-below) : [])];
}

/** Asserts that the pairs are orthonormal and that each true residual is at most the one returned. */
async function checkPairs(operator: LinearOperator, { values, vectors, residuals }: Eigenpairs): Promise<void> {
  for (const [k, v] of vectors.entries()) {
    const product = await operator.apply(v);
    const measured = Math.hypot(...product.map((x, i) => x - values[k]! * v[i]!));
    expect(measured).toBeLessThanOrEqual(residuals[k]! * (1 + 1e-6) + 1e-10);
    for (const [l, w] of vectors.entries()) {
      const product = v.reduce((total, x, i) => total + x * w[i]!, 0);
      expect(Math.abs(product - (k === l ? 1 : 0))).toBeLessThan(1e-10);
    }
  }
}

const cnn = withSpectrum(TINY_CNN);
const RUNS = repetitions(20, 200);

describe("topEigenpairs", () => {
  test.each(["largest-magnitude", "largest", "smallest", "both-ends"] as const)(
    "finds the %s eigenvalues of an indefinite matrix, with vectors and residuals",
    async (which) => {
      const pairs = await topEigenpairs(cnn, { random: seededRandom(2), count: 6, which, tolerance: 1e-8 });
      expected(TINY_CNN, 6, which).forEach((value, i) => expect(pairs.values[i]).toBeCloseTo(value, 8));
      expect(pairs.converged).toEqual(new Array(6).fill(true));
      expect(pairs.confirmed).toBe(true);
      await checkPairs(cnn, pairs);
    },
  );

  test.each([
    ["of a small CNN", TINY_CNN],
    ["clustered at the top", Array.from({ length: 150 }, (_, i) => (i < 12 ? 1 - i * 1e-3 : 0.97 - i * 0.005))],
    ["with two close leaders", Array.from({ length: 150 }, (_, i) => (i < 2 ? 2 - i * 2e-3 : 1 / i))],
    ["flat", Array.from({ length: 150 }, (_, i) => 1 + i / 150)],
    ["with a negative leader", Array.from({ length: 150 }, (_, i) => (i === 0 ? -3 : 2.99 - i * 0.02))],
  ])(`is never a thousandth below λ₁ in ${RUNS} runs with one pair, for a spectrum %s`, async (_, spectrum) => {
    const operator = withSpectrum(spectrum);
    const [truth] = expected(spectrum, 1, "largest-magnitude");
    for (let run = 0; run < RUNS; run++) {
      const { values, converged, residuals } = await topEigenpairs(operator, { random: generator(run) });
      expect(converged).toEqual([true]);
      expect(values[0]! / truth!).toBeGreaterThan(0.999);
      expect(values[0]! / truth!).toBeLessThan(1 + 1e-12);
      expect(residuals[0]).toBeLessThanOrEqual(1e-5 * Math.abs(values[0]!));
    }
  });

  test("counts repeated eigenvalues as often as they are there", async () => {
    const spectrum = Array.from({ length: 120 }, (_, i) => 10 - 0.7 * Math.floor(i / 5));
    const operator = withSpectrum(spectrum);
    const pairs = await topEigenpairs(operator, { random: seededRandom(4), count: 12 });
    expected(spectrum, 12, "largest").forEach((value, i) => expect(pairs.values[i]).toBeCloseTo(value, 6));
    expect(pairs.converged.every(Boolean)).toBe(true);
    expect(pairs.confirmed).toBe(true);
    await checkPairs(operator, pairs);
  });

  test("without the confirming search counts each repeated eigenvalue once, and says it is unconfirmed", async () => {
    const spectrum = Array.from({ length: 120 }, (_, i) => 10 - 0.7 * Math.floor(i / 5));
    const pairs = await topEigenpairs(withSpectrum(spectrum), { random: seededRandom(4), count: 3, confirm: false });
    [10, 9.3, 8.6].forEach((value, i) => expect(pairs.values[i]).toBeCloseTo(value, 6));
    expect(pairs).toMatchObject({ converged: [true, true, true], confirmed: false });
  });

  test("finds the multiples of the identity to be all alike", async () => {
    const pairs = await topEigenpairs(diagonal(new Array<number>(30).fill(2)), { random: seededRandom(1), count: 4 });
    expect([...pairs.values]).toEqual([2, 2, 2, 2].map((x) => expect.closeTo(x, 12) as number));
    expect(pairs.confirmed).toBe(true);
  });

  test.each(["largest-magnitude", "largest", "smallest", "both-ends"] as const)(
    "the zero operator has eigenvalue 0 with residual 0, %s",
    async (which) => {
      const pairs = await topEigenpairs(dense(new Float64Array(900), 30), { random: seededRandom(1), count: 3, which });
      expect([...pairs.values].map(Math.abs)).toEqual([0, 0, 0]);
      expect([...pairs.residuals]).toEqual([0, 0, 0]);
      expect(pairs.converged).toEqual([true, true, true]);
    },
  );

  test("size 1 takes one product", async () => {
    const pairs = await topEigenpairs(diagonal([-2.5]), { random: seededRandom(1) });
    expect(pairs).toMatchObject({ converged: [true], confirmed: true, matvecs: 1 });
    expect(pairs.values[0]).toBeCloseTo(-2.5, 14);
    expect(pairs.vectors[0]![0]).toBeCloseTo(1, 14);
  });

  test("finds all pairs of a small random matrix, repeated or not", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 9 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.constantFrom<Which[]>("largest-magnitude", "largest", "smallest", "both-ends"),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        async (spectrum, seed, which, share) => {
          const count = Math.ceil(share * spectrum.length);
          const operator = withSpectrum(spectrum, seed + 1);
          const pairs = await topEigenpairs(operator, { random: generator(seed), count, which, confirm: true });
          const truth = expected(spectrum, count, which);
          // Of eigenvalues ±λ of equal magnitude either may come first.
          const order = (values: Iterable<number>): number[] =>
            which === "largest-magnitude" ? [...values].map(Math.abs) : [...values];
          order(pairs.values).forEach((value, i) => expect(value).toBeCloseTo(order(truth)[i]!, 4));
          expect(pairs.converged.every(Boolean)).toBe(true);
          await checkPairs(operator, pairs);
        },
      ),
      { numRuns: 150, seed: 1 },
    );
  });

  test("restarts within a small basis and finds the same", async () => {
    const pairs = await topEigenpairs(cnn, { random: seededRandom(5), count: 4, maxBasis: 10, maxMatvecs: 400 });
    expected(TINY_CNN, 4, "largest-magnitude").forEach((value, i) => expect(pairs.values[i]).toBeCloseTo(value, 6));
    expect(pairs.converged).toEqual([true, true, true, true]);
    await checkPairs(cnn, pairs);
  });

  test("says which pairs have not converged when the budget ends", async () => {
    const pairs = await topEigenpairs(cnn, { random: seededRandom(5), count: 10, maxMatvecs: 14 });
    expect(pairs.matvecs).toBe(14);
    expect(pairs.confirmed).toBe(false);
    expect(pairs.converged).toContain(false);
    await checkPairs(cnn, pairs);
    pairs.converged.forEach((yes, i) => expect(pairs.residuals[i]! <= 1e-5 * Math.abs(pairs.values[i]!)).toBe(yes));
  });

  test("does not mistake the eigenvector it is started from for the top one", async () => {
    const operator = diagonal(Array.from({ length: 60 }, (_, i) => 60 - i));
    const second = new Float64Array(60);
    second[1] = 3;
    const { values, confirmed } = await topEigenpairs(operator, { random: seededRandom(1), start: second });
    expect(values[0]).toBeCloseTo(60, 6);
    expect(confirmed).toBe(true);
  });

  test("a start near the eigenvector saves products", async () => {
    const cold = await topEigenpairs(cnn, { random: seededRandom(1), confirm: false });
    const warm = await topEigenpairs(cnn, { random: seededRandom(1), confirm: false, start: cold.vectors[0]! });
    expect(warm.matvecs).toBeLessThan(cold.matvecs / 2);
  });

  test("products as noisy as Float32 leave eigenvalues right to 1e-6 and residuals that show the noise", async () => {
    const noisy: LinearOperator = {
      size: cnn.size,
      apply: async (v) => Float64Array.from(new Float32Array(await cnn.apply(Float64Array.from(new Float32Array(v))))),
    };
    const pairs = await topEigenpairs(noisy, { random: seededRandom(1), count: 3 });
    expected(TINY_CNN, 3, "largest-magnitude").forEach((value, i) =>
      expect(Math.abs(pairs.values[i]! / value - 1)).toBeLessThan(1e-6),
    );
    expect(Math.min(...pairs.residuals)).toBeGreaterThan(1e-9);
  });

  test("the same seed gives the same pairs to the last bit", async () => {
    const options = (): { random: () => number; count: number } => ({ random: seededRandom(9), count: 3 });
    expect(await topEigenpairs(cnn, options())).toEqual(await topEigenpairs(cnn, options()));
  });
});

import { gramOfRows, symmetricEigen } from "@sgdscope/linear-algebra";
import type { GramSystem } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactThreshold, thresholdInterval, truncateMinimum, type Batches, type Sampling } from "../../src/index.js";
import { hadamardTimes } from "../../src/threshold/hadamard.js";

/** Gaussian Jacobians whose k-th direction has the curvature `k^−exponent`. */
function powerLaw(examples: number, outputs: number, exponent: number, seed = 7): GramSystem {
  const size = examples * outputs;
  const jacobian = gaussian(size * size, seededRandom(seed)).map(
    (value, k) => value * (1 + (k % size)) ** (-exponent / 2),
  );
  return { examples, outputs, gram: gramOfRows(jacobian, size, size), residuals: new Float64Array(size) };
}

const intervalOf = async (
  system: GramSystem,
  { modes, ...batches }: Batches & { modes: number },
): Promise<Awaited<ReturnType<typeof thresholdInterval>> & { modes: number }> => {
  const truncated = await truncateMinimum(system, { modes });
  return { ...(await thresholdInterval(truncated, batches)), modes: truncated.modes };
};

describe.each([
  [120, 1, 0.8],
  [120, 1, 1.6],
  [40, 3, 1.2],
])("the interval from part of the spectrum, %d × %d, spectrum k^−%d", (examples, outputs, exponent) => {
  const system = powerLaw(examples, outputs, exponent);

  it.each<[number, Sampling]>([
    [1, "without-replacement"],
    [8, "with-replacement"],
    [30, "without-replacement"],
    [4, "bernoulli"],
  ])("holds the exact threshold, B = %d, %s, and narrows as modes are added", async (batchSize, sampling) => {
    const { criticalLearningRate: exact } = exactThreshold(system, { batchSize, sampling });
    let before = Infinity;
    for (const modes of [24, 48, 110]) {
      const { lower, upper, ...found } = await intervalOf(system, { batchSize, sampling, modes });
      expect(found.modes).toBeLessThanOrEqual(modes);
      expect(lower).toBeLessThanOrEqual(exact);
      expect(upper).toBeGreaterThanOrEqual(exact);
      const width = (upper - lower) / exact;
      expect(width).toBeLessThan(before);
      before = width;
    }
    expect(before).toBeLessThan(0.01);
  });
});

it("holds the exact threshold of any system", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 12, max: 40 }),
      fc.constantFrom(1, 2, 3),
      fc.double({ min: 0.3, max: 2.5, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.2, max: 1, noNaN: true }),
      async (seed, examples, outputs, exponent, batch, share) => {
        const system = powerLaw(examples, outputs, exponent, seed);
        const batchSize = 1 + Math.floor(batch * (examples / 2));
        const modes = Math.ceil(share * examples * outputs);
        const { criticalLearningRate: exact } = exactThreshold(system, { batchSize });
        const found = await intervalOf(system, { batchSize, modes }).catch((error: unknown) => {
          // Flat spectra ask for more modes, in words.
          expect(String(error)).toMatch(/modes/);
          return undefined;
        });
        if (found === undefined) return;
        expect(found.lower).toBeLessThanOrEqual(exact * (1 + 1e-9));
        expect(found.upper).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
      },
    ),
    { numRuns: 30, seed: 11 },
  );
}, 60_000);

it("is as narrow as its eigenpairs are known where all modes are taken", async () => {
  const system = powerLaw(60, 1, 1);
  const { criticalLearningRate: exact } = exactThreshold(system, { batchSize: 2 });
  const truncated = await truncateMinimum(system, { modes: 60 });
  const { modes, tailShare } = truncated;
  const { lower, upper } = await thresholdInterval(truncated, { batchSize: 2 });
  expect(modes).toBe(60);
  expect(tailShare).toBeLessThan(1e-6);
  expect(Math.abs(lower / exact - 1)).toBeLessThan(1e-4);
  expect(Math.abs(upper / exact - 1)).toBeLessThan(1e-4);
});

it("is the edge of the mean for full batches", async () => {
  const truncated = await truncateMinimum(powerLaw(60, 1, 1), { modes: 20 });
  const found = await thresholdInterval(truncated, { batchSize: 60 });
  expect(found.upper).toBeCloseTo(2 / truncated.eigenvalues[0]!, 12);
  expect(found.lower / found.upper).toBeCloseTo(1, 5);
});

it("says how far it is, and stops when it is told to", async () => {
  const stages: [number, string][] = [];
  const onProgress = (...stage: [number, string]): number => stages.push(stage);
  const system = powerLaw(60, 1, 1);
  const truncated = await truncateMinimum(system, { modes: 20, onProgress });
  expect(stages.map(([fraction]) => fraction)).toEqual(stages.map(([fraction]) => fraction).sort((a, b) => a - b));
  await thresholdInterval(truncated, { batchSize: 2, onProgress });
  expect(new Set(stages.map(([, stage]) => stage))).toEqual(
    new Set([
      "leading eigenvalues",
      "smallest eigenvalue",
      "rest of the Gram matrix",
      "threshold from above",
      "threshold from below",
    ]),
  );
  const abort = new AbortController();
  const stopped = truncateMinimum(system, {
    signal: abort.signal,
    onProgress: () => abort.abort(new Error("enough")),
  });
  await expect(stopped).rejects.toThrow("enough");
});

it("refuses what says nothing", async () => {
  const system = powerLaw(12, 1, 0);
  const flat = { ...system, gram: Float64Array.from({ length: 144 }, (_, k) => (k % 13 === 0 ? 1 + k / 1e4 : 0)) };
  await expect(intervalOf(flat, { batchSize: 6, modes: 2 })).rejects.toMatchObject({ code: "TOO_FEW_MODES" });
  await expect(truncateMinimum(system, { modes: 0 })).rejects.toThrow(
    "options.modes to be an integer of at least 1, got 0",
  );
  await expect(intervalOf(system, { batchSize: 13, modes: 12 })).rejects.toMatchObject({ code: "BATCH_TOO_LARGE" });
  const zero = { ...system, gram: new Float64Array(144) };
  await expect(truncateMinimum(zero)).rejects.toMatchObject({ code: "NO_CURVATURE" });
  const huge = { ...system, gram: system.gram.map((value) => value * 2 ** 120) };
  await expect(truncateMinimum(huge)).rejects.toThrow("between 2^-100 and 2^100");
});

it.each([1e-4, 1e-2, 0.3])(
  "refuses a matrix with an eigenvalue of −%d times the largest, and takes rounding",
  async (share) => {
    const system = powerLaw(60, 1, 1);
    const { values, vectors } = symmetricEigen(system.gram, 60);
    const shifted = (by: number): GramSystem => ({
      ...system,
      gram: system.gram.map(
        (value, k) =>
          value -
          (values[59]! + by * values[0]!) * vectors[59 * 60 + (k % 60)]! * vectors[59 * 60 + Math.floor(k / 60)]!,
      ),
    });
    await expect(truncateMinimum(shifted(share), { modes: 20 })).rejects.toMatchObject({
      code: "NOT_POSITIVE_SEMIDEFINITE",
    });
    const { modes } = await truncateMinimum(shifted(1e-6), { modes: 20 });
    expect(modes).toBeGreaterThan(1);
  },
);

describe.each([1, 2, 3])("Hadamard products on blocks of %d outputs", (outputs) => {
  it("are the sums that define them", () => {
    const examples = 4;
    const size = examples * outputs;
    const random = seededRandom(outputs);
    const symmetric = (): Float64Array => gramOfRows(gaussian(size * size, random), size, size);
    const [a, b] = [symmetric(), symmetric()];
    const blocks = new Float64Array(size * outputs);
    for (let i = 0; i < examples; i++)
      blocks.set(gramOfRows(gaussian(outputs * outputs, random), outputs, outputs), i * outputs * outputs);
    const image = hadamardTimes(a, b, blocks, outputs);
    const at = (matrix: Float64Array, i: number, c: number, j: number, d: number): number =>
      matrix[(i * outputs + c) * size + j * outputs + d]!;
    for (let i = 0; i < examples; i++)
      for (let c = 0; c < outputs; c++)
        for (let d = 0; d < outputs; d++) {
          let expected = 0;
          for (let j = 0; j < examples; j++)
            for (let e = 0; e < outputs; e++)
              for (let f = 0; f < outputs; f++) {
                const q = blocks[(j * outputs + e) * outputs + f]!;
                expected += (at(a, i, c, j, e) * q * at(b, i, d, j, f) + at(b, i, c, j, e) * q * at(a, i, d, j, f)) / 2;
              }
          expect(image[(i * outputs + c) * outputs + d]).toBeCloseTo(expected, 9);
        }
  });
});

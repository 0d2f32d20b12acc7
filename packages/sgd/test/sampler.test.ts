import { seededRandom } from "@sgdscope/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { restoreSampler, sampler, type SamplerState, type Sampling } from "@sgdscope/sgd";

const kinds: Sampling[] = ["with-replacement", "without-replacement", "bernoulli", "epoch-shuffle"];
const draws = 40_000;

/** How often each outcome came. */
function frequencies(
  kind: Sampling,
  size: number,
  batchSize: number,
  outcome: (batch: Int32Array) => string,
): Map<string, number> {
  const stream = sampler(kind, size, batchSize, seededRandom(7));
  const counts = new Map<string, number>();
  for (let t = 0; t < draws; t++) {
    const key = outcome(stream.next());
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** The count of an event of probability q, within 5 standard deviations. */
function expectFrequency(count: number | undefined, q: number): void {
  expect(Math.abs((count ?? 0) - draws * q)).toBeLessThan(5 * Math.sqrt(draws * q * (1 - q)));
}

const sorted = (batch: Int32Array): string => [...batch].sort((a, b) => a - b).join();

describe("sampler", () => {
  it("without replacement draws each of the C(5, 2) subsets equally often", () => {
    const counts = frequencies("without-replacement", 5, 2, sorted);
    expect(counts.size).toBe(10);
    for (const count of counts.values()) expectFrequency(count, 1 / 10);
  });

  it("with replacement draws each of the 4³ tuples equally often, more than n where asked", () => {
    const counts = frequencies("with-replacement", 4, 3, (batch) => batch.join());
    expect(counts.size).toBe(64);
    for (const count of counts.values()) expectFrequency(count, 1 / 64);
    expect(sampler("with-replacement", 2, 9, seededRandom(1)).next()).toHaveLength(9);
  });

  it.each([1, 2.5, 0.5])(
    "Bernoulli draws each of the 2⁴ subsets with probability qᵏ(1 − q)ⁿ⁻ᵏ, B = %d",
    (batchSize) => {
      const n = 4;
      const q = batchSize / n;
      const counts = frequencies("bernoulli", n, batchSize, (batch) => batch.join());
      for (let subset = 0; subset < 2 ** n; subset++) {
        const members = [0, 1, 2, 3].filter((i) => ((subset >> i) & 1) === 1);
        expectFrequency(counts.get(members.join()), q ** members.length * (1 - q) ** (n - members.length));
      }
    },
  );

  it("includes every example B/n of the time, whatever the kind", () => {
    for (const kind of kinds) {
      const [size, batchSize] = [6, 3];
      const stream = sampler(kind, size, batchSize, seededRandom(3));
      const counts = new Array<number>(size).fill(0);
      for (let t = 0; t < draws; t++) for (const i of stream.next()) counts[i]!++;
      // A draw's count has variance at most B(1 − 1/n)/n; the binomial bound on q(1 − q) is larger for the rest.
      for (const count of counts) expect(Math.abs(count / draws - 0.5)).toBeLessThan(5 * Math.sqrt(0.5 / draws));
    }
  });

  it("walks through every example once an epoch, the last batch being shorter", () => {
    const stream = sampler("epoch-shuffle", 7, 3, seededRandom(2));
    for (let epoch = 0; epoch < 4; epoch++) {
      const batches = [stream.next().slice(), stream.next().slice(), stream.next().slice()];
      expect(batches.map((batch) => batch.length)).toEqual([3, 3, 1]);
      expect(sorted(Int32Array.from(batches.flatMap((batch) => [...batch])))).toBe("0,1,2,3,4,5,6");
    }
  });

  it("says that epoch shuffling has no theory", () => {
    expect(kinds.map((kind) => sampler(kind, 4, 2, seededRandom(1)).hasTheory)).toEqual([true, true, true, false]);
  });

  it("divides by B under Bernoulli sampling and by the batch's own length otherwise", () => {
    const batch = Int32Array.of(1, 2, 3);
    expect(kinds.map((kind) => sampler(kind, 8, 2, seededRandom(1)).divisor(batch))).toEqual([3, 3, 2, 3]);
  });

  it("takes all examples in order at B = n, except with replacement", () => {
    for (const kind of kinds.filter((kind) => kind !== "with-replacement"))
      expect([...sampler(kind, 4, 4, seededRandom(1)).next()]).toEqual([0, 1, 2, 3]);
  });

  it("yields indices below n, distinct where drawn without replacement", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        fc.nat(),
        (kind, size, b, seed) => {
          const stream = sampler(kind, size, 1 + (b % size), seededRandom(seed % 2 ** 31));
          for (let t = 0; t < 5; t++) {
            const batch = stream.next();
            expect([...batch].every((i) => i >= 0 && i < size)).toBe(true);
            if (kind !== "with-replacement") expect(new Set(batch).size).toBe(batch.length);
          }
        },
      ),
    );
  });

  it("continues from a saved state that went through JSON, at any point", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        fc.integer({ min: 0, max: 20 }),
        (kind, size, b, taken) => {
          const stream = sampler(kind, size, 1 + (b % size), seededRandom(5));
          for (let t = 0; t < taken; t++) stream.next();
          const copy = restoreSampler(JSON.parse(JSON.stringify(stream.state())) as SamplerState);
          for (let t = 0; t < 10; t++) expect(copy.next()).toEqual(stream.next());
        },
      ),
    );
  });

  it("refuses batch sizes that are no integers in range, naming the argument", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.oneof(fc.integer({ max: 0 }), fc.double({ noInteger: true })),
        (kind, b) => {
          fc.pre(kind !== "bernoulli" || !(b > 0 && b <= 10));
          expect(() => sampler(kind, 10, b, seededRandom(1))).toThrow(
            expect.objectContaining({ name: "SgdError", code: "INVALID_BATCH_SIZE" }),
          );
        },
      ),
    );
    expect(() => sampler("bernoulli", 10, 10.5, seededRandom(1))).toThrow(
      "sampler: expected batchSize to be a positive number of at most 10, got 10.5",
    );
    for (const kind of ["without-replacement", "epoch-shuffle"] as const)
      expect(() => sampler(kind, 10, 11, seededRandom(1))).toThrow(
        "sampler: expected batchSize to be an integer between 1 and 10, got 11",
      );
    expect(() => sampler("bernoulli", 0, 1, seededRandom(1))).toThrow(
      expect.objectContaining({ code: "INVALID_SIZE" }),
    );
    expect(() => sampler("shuffle" as Sampling, 4, 1, seededRandom(1))).toThrow(
      expect.objectContaining({ code: "INVALID_SAMPLING" }),
    );
  });

  it("refuses to save the state of a plain function, and to restore a state that is none", () => {
    const random = seededRandom(1);
    expect(() => sampler("bernoulli", 4, 1, () => random()).state()).toThrow(
      expect.objectContaining({ code: "RANDOM_WITHOUT_STATE" }),
    );
    const state = sampler("epoch-shuffle", 4, 1, random).state();
    const broken: SamplerState[] = [
      { ...state, random: [1] },
      { ...state, epoch: { order: [0, 0, 1, 2], position: 0 } },
      { ...state, epoch: { order: [0, 1], position: 0 } },
      { ...state, epoch: { order: [0, 1, 2, 3], position: 5 } },
    ];
    for (const each of broken)
      expect(() => restoreSampler(each)).toThrow(expect.objectContaining({ code: "INVALID_CHECKPOINT" }));
  });
});

import fc from "fast-check";
import { mutations, surveyMutants, TestingError, type Mutant } from "@sgdscope/testing";
import { describe, expect, test } from "vitest";

const original = new TextEncoder().encode("{'shape': (120, 3)} and twenty more bytes");
const all = (options: Partial<Parameters<typeof mutations>[1]> = {}, bytes: Uint8Array = original): Mutant[] => [
  ...mutations(bytes, { seed: 1, count: 2000, ...options }),
];
const text = ({ bytes }: Mutant): string => new TextDecoder("latin1").decode(bytes);

describe("mutations", () => {
  test("are a function of bytes and seed, and leave the bytes alone", () => {
    const before = original.slice();
    expect(all()).toStrictEqual(all());
    expect(all()).not.toStrictEqual(all({ seed: 2 }));
    expect(original).toStrictEqual(before);
  });

  test("are as many as asked for, nearly all different from the original", () => {
    expect(all({ count: 7 }).length).toBe(7);
    const same = all().filter(({ bytes }) => Buffer.compare(bytes, original) === 0);
    expect(same.length).toBeLessThan(2000 * 0.02);
  });

  test("damage in every way, numbers included", () => {
    const mutants = all();
    for (const what of [
      /bit \d of byte/,
      /byte \d+ set/,
      /cut off/,
      /inserted/,
      /twice/,
      /left out/,
      /number at byte 11 set to 1e300/,
      /[248] bytes at/,
    ])
      expect(mutants.filter((mutant) => what.test(mutant.what)).length, String(what)).toBeGreaterThan(5);
    expect(mutants.map(text)).toContain("{'shape': (9007199254740993, 3)} and twenty more bytes");
  });

  test("equal the original before the place they name, for any bytes and range", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 40 }), fc.integer(), fc.nat(), (bytes, seed, place) => {
        const start = place % (bytes.length - 1);
        for (const mutant of mutations(bytes, { seed, count: 20, within: [start, bytes.length] })) {
          expect(mutant.from).toBeGreaterThanOrEqual(start);
          expect(Buffer.compare(mutant.bytes.subarray(0, mutant.from), bytes.subarray(0, mutant.from))).toBe(0);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("refuse no bytes, no count and other ranges", () => {
    expect(() => all({}, new Uint8Array(0))).toThrow(TestingError);
    expect(() => all({ count: 0 })).toThrow("expected count to be a positive integer, got 0");
    expect(() => all({ within: [5, 400] })).toThrow("expected within to be a range of the 41 bytes, got 5 to 400");
    expect(() => all({ within: [5, 5] })).toThrow(TestingError);
  });
});

describe("surveyMutants", () => {
  const refusal = (error: unknown) => (error instanceof RangeError ? "range" : undefined);
  const short = (bytes: Uint8Array): Uint8Array => {
    if (bytes.length < original.length) throw new RangeError("too short");
    return bytes;
  };

  test("counts what was accepted and refused", async () => {
    const survey = await surveyMutants(all(), short, {
      refusal,
      accept: (result) => expect(result.length).toBeGreaterThanOrEqual(original.length),
    });
    const expected = all().filter(({ bytes }) => bytes.length < original.length).length;
    expect(survey).toMatchObject({ refused: expected, accepted: 2000 - expected, refusals: { range: expected } });
    expect(survey.worst).toBeGreaterThanOrEqual(survey.median);
  });

  test("sees what a reader allocates", async () => {
    const survey = await surveyMutants(all({ count: 3 }), () => new Uint8Array(50e6), { refusal, accept: () => {} });
    expect(survey.mostBytes).toBeGreaterThan(40e6);
  });

  test("names the mutant of another error, and of a wrong result", async () => {
    const stumble = () => Promise.reject(new TypeError("undefined is not a function"));
    await expect(surveyMutants(all(), stumble, { refusal, accept: () => {} })).rejects.toThrow(
      /^mutant 0 of seed 1, .*: undefined is not a function$/,
    );
    const accept = ({ length }: Uint8Array): void => {
      if (length !== original.length) throw new Error("another length");
    };
    await expect(surveyMutants(all(), short, { refusal, accept })).rejects.toThrow(/mutant \d+ of .*: another length/);
  });
});

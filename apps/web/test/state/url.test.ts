import { assert, constantFrom, integer, property, record, string, uniqueArray, double } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  defaults,
  learningRates,
  models,
  mostChanges,
  ranges,
  speeds,
  type Settings,
} from "../../src/state/settings.js";
import { samplings } from "@sgdscope/random";
import { decodeSettings, encodeSettings, readLink } from "../../src/state/url.js";

describe("the settings in the address", () => {
  it("come back as they were", () => {
    const settings = constantFrom(...models).chain((model) =>
      integer({ min: ranges.examples.smallest, max: ranges.examples.largest }).chain((examples) => {
        const { smallest: min, largest: max } = learningRates[model];
        const stepping = record({
          learningRate: double({ min, max, noNaN: true }),
          batchSize: integer({ min: 1, max: examples }),
          sampling: constantFrom(...samplings),
        });
        return record({
          problem: record({
            model: constantFrom(model),
            examples: constantFrom(examples),
            inputs: integer({ min: ranges.inputs.smallest, max: ranges.inputs.largest }),
            width: integer({ min: ranges.width.smallest, max: ranges.width.largest }),
            seed: integer({ min: ranges.seed.smallest, max: ranges.seed.largest }),
          }),
          first: stepping,
          later: uniqueArray(record({ from: integer({ min: 1, max: 100_000 }), phase: stepping }), {
            maxLength: 4,
            selector: ({ from }) => from,
          }),
          speed: constantFrom(...speeds),
        });
      }),
    );
    assert(
      property(settings, ({ problem, first, later, speed }) => {
        const changes = later.map(({ from, phase }) => ({ from, ...phase })).sort((a, b) => a.from - b.from);
        const before: Settings = { problem, phases: [{ from: 0, ...first }, ...changes], speed };
        expect(decodeSettings(`#${encodeSettings(before)}`)).toEqual(before);
      }),
    );
  });

  it("never break the page, whatever they are", () => {
    assert(
      property(string(), string(), double(), (a, b, number) => {
        const { problem, phases } = decodeSettings(
          `#n=${a}&eta=${number}&batch=${b}&then=${a}:${b},${number}:${a}&m=${b}`,
        );
        expect(problem.examples).toBeGreaterThanOrEqual(ranges.examples.smallest);
        expect(problem.width).toBeLessThanOrEqual(ranges.width.largest);
        for (const { batchSize, learningRate } of phases) {
          expect(batchSize).toBeLessThanOrEqual(problem.examples);
          expect(learningRate).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("are the defaults where the address says nothing", () => {
    expect(decodeSettings("")).toEqual(defaults());
    expect(decodeSettings("#model=random-features")).toEqual(defaults("random-features"));
  });

  it("are the nearest in range where the address is out of range", () => {
    const { problem, phases } = decodeSettings("#n=1000&batch=5000&eta=7&seed=-3");
    expect(problem).toMatchObject({ examples: 64, seed: 0 });
    expect(phases[0]).toMatchObject({ batchSize: 64, learningRate: 0.2 });
  });

  it("come back with every one of 151 changes, and of as many as a link may hold", () => {
    for (const count of [151, mostChanges]) {
      const { problem, phases, speed } = defaults();
      const changes = Array.from({ length: count }, (_, k) => ({ ...phases[0], from: k + 1, batchSize: 1 + (k % 40) }));
      const before: Settings = { problem, phases: [phases[0], ...changes], speed };
      expect(readLink(`#${encodeSettings(before)}`)).toEqual({ settings: before, note: undefined });
    }
  });

  it("are refused in words where the link holds more changes than that, and not cut", () => {
    const changes = Array.from({ length: mostChanges + 1 }, (_, k) => `${k + 1}:0.02`);
    expect(readLink(`#n=8&then=${changes.join(",")}`)).toEqual({
      settings: defaults(),
      note: "Not opened: the link holds 2001 changes, and this page replays at most 2000.",
    });
  });

  it("say which changes make no sense", () => {
    const { settings, note } = readLink("#then=500:0.04,400:0.01,x,900");
    expect(settings.phases.map(({ from }) => from)).toEqual([0, 500, 900]);
    expect(note).toBe("2 of the 4 changes in the link are left out: expected step:η:B:sampling, by increasing step.");
  });

  it("read as people would write them", () => {
    expect(encodeSettings(decodeSettings("#then=8000:0.04,9000::4"))).toBe(
      "model=two-layer-relu&n=40&d=20&m=60&seed=1&eta=0.02&batch=1&sampling=without-replacement&speed=300" +
        "&then=8000:0.04:1:without-replacement,9000:0.04:4:without-replacement",
    );
  });
});

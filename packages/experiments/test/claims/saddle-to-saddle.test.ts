import { describe, expect, it } from "vitest";
import { claimNamed, type Finished, type StudyRecords, type StudyTasks } from "../../src/index.js";

const claim = claimNamed("saddle-to-saddle")!;
const done = (role: string, records: object[]): Finished<"saddles"> => ({
  role,
  task: {} as StudyTasks["saddles"],
  records: records as StudyRecords["saddles"][],
});

/** A run that learns so many features at each step, and diffuses so much. */
const stairs = (seed: number, smallness: number, learned: number[], diffusion: number[]): Finished<"saddles"> =>
  done(
    "authors",
    learned.map((count, k) => ({
      ...{ part: "staircase", seed, smallness, step: 100 * k, targets: [4, 3, 2, 1], loss: 1, drift: 1 },
      ...{ modes: [4, 3, 2, 1].map((s, a) => (a < count ? s : 0)), diffusion: diffusion[k] },
    })),
  );

function all(
  change: { training?: object; rest?: object; growth?: object; learned?: number[]; diffusion?: number[] } = {},
) {
  const { learned = [0, 1, 2, 3, 4], diffusion = [1, 9, 8, 6, 0.5] } = change;
  return [1, 2, 3, 4, 5].flatMap((seed) => [
    done("training", [
      {
        ...{ part: "training", seed, depth: 2, index: 0, target: 1, peak: 0.5, noiseRatio: 1, deeperRatio: 0.7 },
        ...{ driftRatio: 1, time: 5, flowTime: 5, ...change.training },
      },
    ]),
    done("rest", [
      {
        ...{
          part: "rest",
          seed,
          depth: 2,
          target: 1,
          learningRate: 0.01,
          noiseVariance: 30,
          mean: 0.85,
          variance: 0.26,
        },
        ...{ lawMean: 0.85, lawVariance: 0.26, ...change.rest },
      },
    ]),
    done("growth", [
      {
        ...{ part: "growth", seed, depth: 2, target: 1, learningRate: 0.002, noiseVariance: 1998, growthRate: -1 },
        ...{ equationRate: -1, flowRate: 1, ...change.growth },
      },
    ]),
    stairs(seed, 2, learned, diffusion),
    stairs(seed, 1, [0, 4], [3, 0.5]),
  ]);
}
const holding = (finished: Finished<"saddles">[]): boolean[] =>
  claim.judge(finished as never).map(({ holds }) => holds);
const but = (...missed: number[]): boolean[] => Array.from({ length: 8 }, (_, k) => !missed.includes(k));

describe("the claim saddle-to-saddle", () => {
  it("holds on records that are as it says, over five seeds", () => {
    const judged = claim.judge(all());
    expect(judged.map(({ why }) => why)).toEqual(judged.map(() => undefined));
    expect(judged.map(({ seeds }) => seeds)).toEqual(judged.map(() => 5));
  });

  it("does not where SGD does as the controls, or a control as SGD", () => {
    expect(holding(all({ training: { noiseRatio: 0.7 } }))).toEqual(but(0));
    expect(holding(all({ training: { deeperRatio: 1 } }))).toEqual(but(0));
    expect(holding(all({ training: { peak: 1 } }))).toEqual(but(1));
    expect(holding(all({ training: { peak: 1 / 3 } }))).toEqual(but(1));
    expect(holding(all({ training: { time: 3 } }))).toEqual(but(2));
    expect(holding(all({ rest: { mean: 1 } }))).toEqual(but(3));
    expect(holding(all({ growth: { growthRate: 1 } }))).toEqual(but(4));
    // All features at once.
    expect(holding(all({ learned: [0, 0, 0, 0, 4] }))).toEqual(but(5, 6, 7));
    expect(holding(all({ diffusion: [1, 9, 8, 0.6, 0.5] }))).toEqual(but(6));
    expect(holding(all({ diffusion: [1, 8, 7, 6, 60] }))).toEqual(but(6, 7));
  });

  it("leaves out of the last saddle a run whose last two features come together", () => {
    const together = stairs(6, 2, [0, 1, 2, 4, 4], [1, 9, 8, 0.5, 0.5]);
    const judged = claim.judge([...all(), together] as never);
    expect(judged[6]).toMatchObject({ holds: true, excluded: 1, runs: 5, missing: 0 });
    expect(judged[5]).toMatchObject({ holds: true, runs: 6 });
  });

  it("refuses records that lack something", () => {
    expect(holding(all({ training: { noiseRatio: NaN } }))).toEqual(but(0));
    expect(holding(all({ training: { time: null } }))).toEqual(but(2));
    expect(holding(all({ rest: { lawMean: null } }))).toEqual(but(3));
    expect(holding(all({ growth: { growthRate: null } }))).toEqual(but(4));
    expect(holding(all({ diffusion: [1, 9, 8, NaN, 0.5] }))).toEqual(but(6, 7));
    expect(holding(all().filter(({ role }) => role !== "authors"))).toEqual(but(5, 6, 7));
    expect(holding(all().filter(({ role }) => role !== "training"))).toEqual(but(0, 1, 2));
  });
});

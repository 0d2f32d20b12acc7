import { describe, expect, it } from "vitest";
import { claimNamed, type Finished, type StudyRecords, type StudyTasks } from "../../src/index.js";

const claim = claimNamed("fluctuation")!;
const done = (role: string, records: object[]): Finished<"fluctuation"> => ({
  role,
  task: {} as StudyTasks["fluctuation"],
  records: records as StudyRecords["fluctuation"][],
});

const curvatures = [1, 0.1, 0.01];
/** Widths of a quadratic loss, and variances as a power of the curvature. */
const network = (seed: number, sampling: string, sharpness: number, power: number, change: object = {}): object => ({
  ...{ part: "network", seed, sampling, sharpness, curvatures, batchSize: sharpness === 1 ? 12 : 24 },
  ...{ noise: curvatures, widths: curvatures.map((k) => k ** -0.5), variances: curvatures.map((k) => k ** power) },
  ...{ exact: [1, 1, 1], fixedNoise: [0.8, 0.8, 0.8], continuous: [0.5, 0.8, 0.8] },
  ...{ shuffled: curvatures.map((k) => 0.9 * k ** 0.8), ...change },
});

function all({ quadratic = {}, fresh = {}, freshPower = 0, shuffledPower = 0.8, shuffled = {} } = {}) {
  return [1, 2, 3, 4, 5].flatMap((seed) => [
    done("quadratic", [
      {
        ...{ part: "quadratic", seed, learningRate: 1.5, momentum: 0, curvatures: [1, 0.3], sharpness: 1.5 },
        ...{ variances: [4, 1], discrete: [4, 1], continuous: [1, 1], ...quadratic },
      },
    ]),
    done("network", [network(seed, "without-replacement", 1, 0, fresh)]),
    done("network", [network(seed, "without-replacement", 0.3, freshPower, fresh)]),
    done("network", [network(seed, "epoch-shuffle", 0.3, shuffledPower, shuffled)]),
  ]);
}
const holding = (finished: Finished<"fluctuation">[]): boolean[] =>
  claim.judge(finished as never).map(({ holds }) => holds);

describe("the claim fluctuation", () => {
  it("holds on records that are as it says, over five seeds", () => {
    const judged = claim.judge(all());
    expect(judged.map(({ why }) => why)).toEqual(judged.map(() => undefined));
    expect(judged.map(({ seeds }) => seeds)).toEqual([5, 5, 5, 5]);
    expect(judged[2]!.range![0]).toBeCloseTo(1.6, 10);
  });

  it("does not where SGD does as the controls, or a control as SGD", () => {
    expect(holding(all({ quadratic: { variances: [1, 1] } }))).toEqual([false, true, true, true]);
    expect(holding(all({ fresh: { exact: [1.3, 1.3, 1.3] } }))).toEqual([true, false, true, true]);
    expect(holding(all({ fresh: { exact: [1, 1, 9] } }))).toEqual([true, false, true, true]);
    expect(holding(all({ fresh: { fixedNoise: [1, 1, 1] } }))).toEqual([true, false, true, true]);
    expect(holding(all({ shuffledPower: 0 }))).toEqual([true, false, false, false]);
    expect(holding(all({ freshPower: 0.8, fresh: { exact: [1, 1, 1] } }))).toEqual([true, false, false, true]);
    expect(holding(all({ shuffled: { shuffled: [2, 0.4, 0.06] } }))).toEqual([true, true, true, false]);
  });

  it("refuses records that lack something", () => {
    expect(holding(all({ quadratic: { variances: [null, 1] } }))[0]).toBe(false);
    expect(holding(all({ fresh: { exact: [1, NaN, 1] } }))[1]).toBe(false);
    expect(holding(all({ shuffled: { widths: [1, null, 10] } }))[2]).toBe(false);
    expect(holding(all({ shuffled: { shuffled: [null, null, null] } }))[3]).toBe(false);
    expect(holding(all().filter(({ role }) => role !== "network"))).toEqual([true, false, false, false]);
    expect(holding(all().filter(({ role }) => role !== "quadratic"))[0]).toBe(false);
  });
});

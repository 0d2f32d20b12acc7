import { describe, expect, it } from "vitest";
import { claimNamed, type Finished, type StudyRecords, type StudyTasks } from "../../src/index.js";

const claim = claimNamed("minibatch-noise")!;
const done = (role: string, records: object[]): Finished<"minibatch"> => ({
  role,
  task: {} as StudyTasks["minibatch"],
  records: records as StudyRecords["minibatch"][],
});

/** Records as the claim says, but for some fields. */
function all(change: { cloud?: object; momentum?: object; features?: object; tail?: object; large?: object } = {}) {
  return [1, 2, 3, 4, 5].flatMap((seed) => {
    const cloud = {
      ...{ part: "cloud", seed, learningRate: 0.3, batchSize: 32, momentum: 0, criticalLearningRate: 1 },
      ...{ excessLoss: 1.4, exactExcess: 1.4, smallStepExcess: 1, noise: 1.5, exactNoise: 1.5, noiseAtMinimum: 1 },
      ...change.cloud,
    };
    const features = {
      ...{ part: "features", seed, activation: "tanh", batchSize: 1, fraction: 0.5, learningRate: seed },
      ...{ excessLoss: 1, exactExcess: 1, gaussianExcess: 1.5, smallStepExcess: 1.4, ...change.features },
    };
    const tail = {
      ...{ part: "tail", seed, learningRate: 2.05, batchSize: 8, hill: 0.69, kesten: 0.69, formula: -0.2, drift: 0.01 },
      ...change.tail,
    };
    return [
      done("linear scaling", [cloud]),
      done("linear scaling", [
        { ...cloud, momentum: 0.9, learningRate: 0.03, smallStepExcess: 1.35, ...change.momentum },
      ]),
      done("small batches", [{ ...cloud, batchSize: 1 }]),
      done("random features", [features]),
      done("tail", [tail]),
      done("large batches", [{ ...tail, batchSize: 512, hill: 2, kesten: 0, drift: 37, ...change.large }]),
    ];
  });
}

const holding = (finished: Finished<"minibatch">[]): boolean[] =>
  claim.judge(finished as never).map(({ holds }) => holds);

describe("the claim minibatch-noise", () => {
  it("holds on records that are as it says, over five seeds", () => {
    const judged = claim.judge(all());
    expect(judged.map(({ why }) => why)).toEqual(judged.map(() => undefined));
    expect(judged.map(({ seeds }) => seeds)).toEqual([5, 5, 5, 5, 5, 5]);
  });

  it("does not where SGD does as the controls, or a control as SGD", () => {
    expect(holding(all({ cloud: { excessLoss: 1 } }))).toEqual([false, false, true, true, true, true]);
    expect(holding(all({ momentum: { smallStepExcess: 1 } }))).toEqual([true, false, true, true, true, true]);
    expect(holding(all({ cloud: { noise: 1 } }))).toEqual([true, true, false, true, true, true]);
    expect(holding(all({ features: { excessLoss: 1.5 } }))).toEqual([true, true, true, false, true, true]);
    expect(holding(all({ tail: { hill: -0.2 } }))).toEqual([true, true, true, true, false, true]);
    expect(holding(all({ tail: { drift: 9 } }))).toEqual([true, true, true, true, true, false]);
    expect(holding(all({ large: { drift: 0 } }))).toEqual([true, true, true, true, true, false]);
  });

  it("refuses records that lack something", () => {
    expect(holding(all({ cloud: { exactExcess: null } }))[0]).toBe(false);
    expect(holding(all({ features: { excessLoss: NaN } }))[3]).toBe(false);
    expect(holding(all({ tail: { hill: null } }))[4]).toBe(false);
    expect(holding(all({ large: { drift: null } }))[5]).toBe(false);
    for (const role of ["small batches", "random features", "tail", "large batches"])
      expect(holding(all().filter((one) => one.role !== role)), role).toContain(false);
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { claimNamed, study, type Finished, type StudyRecords, type StudyTasks } from "../../src/index.js";

type Record = StudyRecords["power-law"];
type Task = StudyTasks["power-law"];
const claim = claimNamed("power-law-escape")!;

const done = (role: string, task: object, records: object[]): Finished<"power-law"> => ({
  role,
  task: task as Task,
  records: records as Record[],
});

/** A training whose noise goes as that power of the loss. */
const training = (seed: number, loss: "square" | "logistic", power: number): Finished<"power-law"> =>
  done(
    "network",
    { part: "strength", start: { loss, seed } },
    [1, 0.05, 0.01, 1e-3, 1e-4].map((value, step) => ({
      ...{ part: "strength", loss, seed, step, value, strength: value ** power },
    })),
  );

const walk = {
  ...{ part: "walks", noise: "sgd", dimension: 1, learningRate: 0.5, batchSize: 4, walks: 9, every: 1 },
  ...{ levels: [], times: [], power: null, trueNoisePower: null, meanSquare: null, longSteps: 0 },
};
/** Kesten's index of one dimension, η = 1, B = 4, is 3.504683614; that of decoupled noise would be twice 4.5. */
const passage = (seed: number, power: number, noise = "sgd"): object => ({
  ...{ ...walk, seed, noise, learningRate: 1, levels: [4, 8, 16] },
  times: [4, 8, 16].map((level) => level ** power),
});
/** ½ + B/η − B/2 is 6.5. */
const density = (seed: number, power: number): object => ({
  ...{ ...walk, seed, longSteps: 9, power: { value: power, standardError: 0.1 } },
  trueNoisePower: { value: 9, standardError: 0.1 },
});
const seeds = [1, 2, 3, 4, 5];
const kesten = 3.504683614 / 2;

let barriers: Finished<"power-law">;
beforeAll(async () => {
  const task: Task = {
    part: "barriers",
    wells: [{ lossAtMinimum: 0.25, temperature: 0.1 }],
    basins: [{ dimension: 2, temperature: 0.2, levels: [100, 200] }],
  };
  const records: Record[] = [];
  for await (const one of study("power-law", task)) records.push(one);
  barriers = done("small steps", task, records);
});

const all = ({ square = 1, logistic = 2, power = 6.5, leaves = kesten } = {}): Finished<"power-law">[] => [
  barriers,
  ...seeds.flatMap((seed) => [
    training(seed, "square", square),
    training(seed, "logistic", logistic),
    done("density", walk, [density(seed, power)]),
    done("passage", walk, [passage(seed, leaves), passage(seed, 4.5, "decoupled"), passage(seed, 1.6, "gaussian")]),
  ]),
];
const holding = (finished: readonly Finished<"power-law">[]): boolean[] =>
  claim.judge(finished as never).map(({ holds }) => holds);

describe("the claim power-law-escape", () => {
  it("holds on records that are as it says, over five seeds", () => {
    const judged = claim.judge(all());
    expect(judged.map(({ why }) => why)).toEqual(judged.map(() => undefined));
    expect(judged.filter(({ kind }) => kind === "evidence").every(({ seeds: count }) => count === 5)).toBe(true);
  });

  it("does not where SGD does as the controls", () => {
    expect(holding(all({ square: 2 }))).toEqual([false, false, true, true, true, true]);
    expect(holding(all({ logistic: 1 }))).toEqual([false, false, true, true, true, true]);
    expect(holding(all({ power: 9 }))).toEqual([true, true, true, true, false, true]);
    expect(holding(all({ leaves: 4.5 }))).toEqual([true, true, true, true, true, false]);
    expect(holding(all({ leaves: 2.5 }))).toEqual([true, true, true, true, true, false]);
  });

  it("refuses records that lack something", () => {
    const finished = all();
    const last = finished.at(-1)!;
    const late = { ...(last.records[0] as object), times: [3, 9, null] };
    const [, , , , , missing] = claim.judge([...finished.slice(0, -1), done("passage", walk, [late])] as never);
    expect(missing).toMatchObject({ holds: false, missing: 1 });
    expect(holding(finished.filter(({ role }) => role !== "density"))[4]).toBe(false);
    expect(holding(finished.slice(1)).slice(2, 4)).toEqual([false, false]);
    const short = done("network", { part: "strength", start: { loss: "logistic", seed: 9 } }, [
      { part: "strength", loss: "logistic", seed: 9, step: 0, value: 1, strength: 1 },
    ]);
    expect(claim.judge([...finished, short] as never)[1]).toMatchObject({ holds: false, missing: 1 });
  });
});

import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  interpolation,
  train,
  training,
  vectorTrainee,
  warmUp,
  type Optimizer,
  type Trainee,
  type TrainOptions,
} from "@sgdscope/sgd";
import { leastSquares, quadratic } from "../problems.js";

const gd = (learningRate: number, maxSteps: number): TrainOptions => ({
  learningRate,
  maxSteps,
  batchSize: 1,
  random: seededRandom(1),
});

/** A trainee whose loss after t steps is what a list says. */
function scripted(losses: (step: number) => number): Trainee & { rates: number[]; batches: number[][] } {
  let step = 0;
  const rates: number[] = [];
  const batches: number[][] = [];
  return {
    rates,
    batches,
    size: 3,
    step(batch, { learningRate }) {
      rates.push(learningRate);
      batches.push([...batch]);
      step++;
    },
    loss: () => losses(step),
    snapshot: () => Promise.resolve({}),
    restore: () => undefined,
  };
}

describe("train", () => {
  it("interpolates over-parametrised least squares with SGD and stops by the rule", async () => {
    const problem = leastSquares(6, 12, 1);
    const trainee = vectorTrainee(problem);
    const result = await train(trainee, {
      learningRate: 0.05,
      batchSize: 1,
      random: seededRandom(2),
      maxSteps: 20_000,
      stop: interpolation,
    });
    expect(result.reason).toBe("interpolated");
    expect(result.loss).toBeLessThan(1e-8);
    expect(result.loss).toBe(problem.loss(trainee.parameters));
    expect(result.steps % 200).toBe(0);
    expect(result.history.map(({ step }) => step)).toEqual(
      Array.from({ length: result.steps / 200 + 1 }, (_, k) => 200 * k),
    );
    expect(result.history.slice(-5).every(({ loss }) => loss < 1e-8)).toBe(true);
  });

  it("needs consecutive passes: one failure starts the count again", async () => {
    const result = await train(
      scripted((step) => (step === 6 ? 1 : 1e-9)),
      { ...gd(1, 100), stop: { lossBelow: 1e-8, checks: 3, every: 2 } },
    );
    // Passes at 0, 2 and 4 would be three already.
    expect(result).toMatchObject({ reason: "interpolated", steps: 4 });
    const interrupted = await train(
      scripted((step) => (step < 2 || step === 6 ? 1 : 1e-9)),
      { ...gd(1, 100), stop: { lossBelow: 1e-8, checks: 3, every: 2 } },
    );
    expect(interrupted).toMatchObject({ reason: "interpolated", steps: 12 });
  });

  it("takes the first of several rules", async () => {
    const result = await train(
      scripted((step) => 1 / (1 + step)),
      {
        ...gd(1, 1000),
        stop: [
          { lossBelow: 1e-2, every: 7 },
          { lossBelow: 0.05, checks: 2, every: 10 },
        ],
      },
    );
    expect(result).toMatchObject({ reason: "interpolated", steps: 30 });
  });

  it("returns divergence as a result", async () => {
    const result = await train(vectorTrainee(quadratic([1], Float64Array.of(1))), gd(3, 1e6));
    expect(result.reason).toBe("diverged");
    expect(result.loss).toBe(Infinity);
    expect(result.steps).toBe(600);
    const bounded = await train(vectorTrainee(quadratic([1], Float64Array.of(1))), {
      ...gd(2.1, 1e6),
      divergedAbove: 1e3,
      stop: { lossBelow: 1e-8, every: 10 },
    });
    expect(bounded.reason).toBe("diverged");
    expect(bounded.loss).toBeGreaterThan(1e3);
  });

  it("ends at maxSteps with the loss of that step", async () => {
    const result = await train(vectorTrainee(quadratic([1], Float64Array.of(1))), gd(0.1, 7));
    expect(result).toMatchObject({ reason: "max-steps", steps: 7, probes: [] });
    expect(result.loss).toBeCloseTo(0.5 * 0.9 ** 14, 14);
    expect(result.history.map(({ step }) => step)).toEqual([0, 7]);
    expect(
      (
        await train(
          scripted(() => 1),
          gd(1, 0),
        )
      ).steps,
    ).toBe(0);
  });

  it("aborts between two steps, and can be saved then", async () => {
    const controller = new AbortController();
    const trainee = scripted((step) => step + 1);
    const run = await training(trainee, {
      ...gd(1, 1000),
      signal: controller.signal,
      probe: { at: [13], measure: () => controller.abort() },
    });
    expect(await run.run()).toMatchObject({ reason: "aborted", steps: 13, loss: 14 });
    expect((await run.checkpoint()).state.step).toBe(13);
  });

  it("asks the schedule for every step's learning rate, and the sampler for its batch", async () => {
    const trainee = scripted(() => 1);
    await train(trainee, { learningRate: warmUp(1, 4), batchSize: 3, random: seededRandom(1), maxSteps: 5 });
    expect(trainee.rates).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(trainee.batches).toEqual(Array.from({ length: 5 }, () => [0, 1, 2]));
  });

  it("asks a probe with times of its own once per step, and gives it the loss where that is known", async () => {
    const asked: [number, boolean][] = [];
    const result = await train(
      scripted((step) => 10 + step),
      {
        ...gd(0.1, 6),
        stop: { lossBelow: 1, every: 3 },
        probe: {
          due(step, checked) {
            asked.push([step, checked]);
            return step === 2 || step === 3;
          },
          measure: (_, _step, loss) => loss,
        },
      },
    );
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6].map((step) => [step, step % 3 === 0]));
    expect(result.probes).toEqual([
      { step: 2, value: undefined },
      { step: 3, value: 13 },
    ]);
  });

  it("probes every so many steps and at the steps listed, after as many steps", async () => {
    const result = await train(vectorTrainee(quadratic([1], Float64Array.of(1))), {
      ...gd(0.5, 12),
      probe: {
        every: 5,
        at: [1, 12],
        measure: (trainee, step) => ({ seen: trainee.parameters[0], expected: 0.5 ** step }),
      },
    });
    expect(result.probes.map(({ step }) => step)).toEqual([0, 1, 5, 10, 12]);
    for (const { value } of result.probes) expect(value.seen).toBe(value.expected);
  });

  it("reports each loss check as it comes, and lets other work run meanwhile", async () => {
    const seen: number[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const slow = scripted(() => {
      const until = performance.now() + 2;
      while (performance.now() < until);
      return 1;
    });
    await train(slow, { ...gd(1, 100), stop: { lossBelow: 1e-8, every: 1 }, progress: ({ step }) => seen.push(step) });
    clearInterval(timer);
    expect(seen).toHaveLength(101);
    expect(ticks).toBeGreaterThan(0);
  });

  it("advances step by step and keeps its result", async () => {
    const run = await training(
      scripted(() => 1),
      gd(1, 5),
    );
    expect(await run.advance(2)).toBeUndefined();
    expect(run.step).toBe(2);
    const result = await run.advance(10);
    expect(result).toMatchObject({ reason: "max-steps", steps: 5 });
    expect(await run.run()).toBe(result);
  });

  it("awaits trainees that step asynchronously", async () => {
    let active = 0;
    const trainee = scripted(() => 1);
    const asynchronous: Trainee = {
      ...trainee,
      async step() {
        expect(++active).toBe(1);
        await Promise.resolve();
        active--;
      },
    };
    expect((await train(asynchronous, gd(1, 20))).steps).toBe(20);
  });

  it("refuses options out of range", async () => {
    const refused = (options: Partial<TrainOptions>, code: string): Promise<void> =>
      expect(
        train(
          scripted(() => 1),
          { ...gd(1, 10), ...options },
        ),
      ).rejects.toMatchObject({ name: "SgdError", code });
    await refused({ learningRate: -1 }, "INVALID_LEARNING_RATE");
    await refused({ learningRate: () => NaN }, "INVALID_LEARNING_RATE");
    await refused({ momentum: 1 }, "INVALID_MOMENTUM");
    await refused({ nesterov: true }, "INVALID_MOMENTUM");
    await refused({ momentum: 0.5, optimizer: { kind: "sgd" } }, "INVALID_OPTIMIZER");
    await refused({ nesterov: true, optimizer: { kind: "sgd" } }, "INVALID_OPTIMIZER");
    await refused({ optimizer: { kind: "adagrad" as "adam" } }, "INVALID_OPTIMIZER");
    await refused({ optimizer: { kind: "heavy-ball", momentum: -1 } }, "INVALID_MOMENTUM");
    await refused({ optimizer: { kind: "nesterov", momentum: -0.1 } }, "INVALID_MOMENTUM");
    await refused({ optimizer: { kind: "ema", momentum: NaN } }, "INVALID_MOMENTUM");
    await refused({ optimizer: { kind: "rmsprop", momentum: 1 } }, "INVALID_MOMENTUM");
    for (const wrong of [
      { kind: "sgd", weightDecay: -1 },
      { kind: "sgd", weightDecay: NaN },
      { kind: "heavy-ball", momentum: 0.5, dampening: 1.1 },
      { kind: "adam", beta1: 1 },
      { kind: "adam", beta2: -0.1 },
      { kind: "adam", epsilon: -1 },
      { kind: "rmsprop", alpha: 1 },
      { kind: "rmsprop", epsilon: Infinity },
    ] satisfies Optimizer[])
      await refused({ optimizer: wrong }, "INVALID_OPTIMIZER");
    await refused({ clipNorm: 0 }, "INVALID_CLIP_NORM");
    await refused({ maxSteps: 0.5 }, "INVALID_STEPS");
    await refused({ batchSize: 4 }, "INVALID_BATCH_SIZE");
    await refused({ stop: { lossBelow: 0, every: 1 } }, "INVALID_STOPPING_RULE");
    await refused({ stop: { lossBelow: 1, every: 0 } }, "INVALID_STOPPING_RULE");
    await refused({ stop: { lossBelow: 1, every: 1, checks: 0 } }, "INVALID_STOPPING_RULE");
    await refused({ checkpoint: { every: 0, save: () => undefined } }, "INVALID_STEPS");
  });
});

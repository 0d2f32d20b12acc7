import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  train,
  training,
  vectorTrainee,
  warmUp,
  type Checkpoint,
  type Optimizer,
  type Sampling,
  type TrainOptions,
} from "@sgdscope/sgd";
import { leastSquares } from "../problems.js";

const problem = leastSquares(9, 15, 3);
const kinds: Sampling[] = ["with-replacement", "without-replacement", "bernoulli", "epoch-shuffle"];

const options = (sampling: Sampling, momentum: number): TrainOptions => ({
  learningRate: warmUp(0.02, 30),
  batchSize: 2,
  sampling,
  momentum,
  clipNorm: 3,
  random: seededRandom(8),
  maxSteps: 400,
  stop: { lossBelow: 1e-3, checks: 4, every: 10 },
});

/** What a file would keep: the arrays as they are, the rest through JSON. */
const saved = ({ arrays, state }: Checkpoint): Checkpoint => ({
  arrays,
  state: JSON.parse(JSON.stringify(state)) as Checkpoint["state"],
});

describe("a checkpoint", () => {
  it.each(kinds.flatMap((kind) => [0, 0.9].map((momentum) => [kind, momentum] as const)))(
    "resumes to the same trajectory bit for bit: %s, momentum %d",
    async (kind, momentum) => {
      const whole = vectorTrainee(problem);
      const expected = await train(whole, options(kind, momentum));
      for (const at of [0, 1, 37, 120]) {
        const first = await training(vectorTrainee(problem), options(kind, momentum));
        await first.advance(at);
        const second = vectorTrainee({ ...problem, parameters: new Float64Array(15) });
        // The generator's state is the checkpoint's, not that of the one passed.
        const result = await train(second, {
          ...options(kind, momentum),
          random: seededRandom(99),
          resume: saved(await first.checkpoint()),
        });
        expect(second.parameters).toEqual(whole.parameters);
        expect(result).toEqual(expected);
      }
    },
  );

  it.each<Optimizer>([
    { kind: "sgd", weightDecay: 0.01 },
    { kind: "heavy-ball", momentum: 0.9, dampening: 0.5 },
    { kind: "nesterov", momentum: 0.8, weightDecay: 0.01 },
    { kind: "ema", momentum: 0.9 },
    { kind: "adam", beta2: 0.9 },
    { kind: "adam", weightDecay: 0.01 },
    { kind: "rmsprop" },
    { kind: "sam" },
    { kind: "ire" },
    { kind: "ire", prog: 1, momentum: 0.5, weightDecay: 0.01 },
    { kind: "sam", rho: 0.2, momentum: 0.8, weightDecay: 0.01 },
    { kind: "rmsprop", momentum: 0.5, centered: true, weightDecay: 0.01 },
  ])("resumes to the same trajectory bit for bit: %j", async (optimizer) => {
    const { momentum: _, ...rest } = options("bernoulli", 0);
    const asked = (): TrainOptions => ({ ...rest, optimizer, random: seededRandom(8), maxSteps: 200 });
    const whole = vectorTrainee(problem);
    const expected = await train(whole, asked());
    for (const at of [0, 1, 37, 120]) {
      const first = await training(vectorTrainee(problem), asked());
      await first.advance(at);
      const second = vectorTrainee({ ...problem, parameters: new Float64Array(15) });
      const result = await train(second, { ...asked(), resume: saved(await first.checkpoint()) });
      expect(second.parameters).toEqual(whole.parameters);
      expect(result).toEqual(expected);
    }
  });

  it("of an earlier version, which did not say its optimizer, is continued", async () => {
    const whole = vectorTrainee(problem);
    await train(whole, options("without-replacement", 0.9));
    const first = await training(vectorTrainee(problem), options("without-replacement", 0.9));
    await first.advance(37);
    const { arrays, state } = saved(await first.checkpoint());
    expect(state.optimizer).toEqual({ kind: "heavy-ball", momentum: 0.9, dampening: 0, weightDecay: 0 });
    delete state.optimizer;
    const second = vectorTrainee(problem);
    await train(second, { ...options("without-replacement", 0.9), resume: { arrays, state } });
    expect(second.parameters).toEqual(whole.parameters);
  });

  it("keeps the counts of consecutive passes", async () => {
    const long = { ...options("without-replacement", 0.5), maxSteps: 20_000 };
    const reference = await train(vectorTrainee(problem), long);
    expect(reference.reason).toBe("interpolated");
    const run = await training(vectorTrainee(problem), { ...long, random: seededRandom(8) });
    await run.advance(reference.steps - 5);
    const checkpoint = saved(await run.checkpoint());
    expect(checkpoint.state.stopCounts).toEqual([3]);
    const resumed = await train(vectorTrainee(problem), { ...long, resume: checkpoint });
    expect(resumed.steps).toBe(reference.steps);
  });

  it("is handed out every so many steps, each as good as the next", async () => {
    const checkpoints: Checkpoint[] = [];
    const whole = vectorTrainee(problem);
    const run = { ...options("bernoulli", 0.9), stop: [], maxSteps: 100 };
    await train(whole, {
      ...run,
      random: seededRandom(8),
      checkpoint: { every: 30, save: (each) => void checkpoints.push(saved(each)) },
    });
    expect(checkpoints.map(({ state }) => state.step)).toEqual([30, 60, 90]);
    for (const resume of checkpoints) {
      const resumed = vectorTrainee(problem);
      await train(resumed, { ...run, resume });
      expect(resumed.parameters).toEqual(whole.parameters);
    }
  });

  it("of a finished training is finished, until it may take more steps", async () => {
    const run = await training(vectorTrainee(problem), { ...options("without-replacement", 0), maxSteps: 20 });
    await run.run();
    const resume = saved(await run.checkpoint());
    expect(
      (await train(vectorTrainee(problem), { ...options("without-replacement", 0), maxSteps: 20, resume })).steps,
    ).toBe(20);
    const longer = vectorTrainee(problem);
    await train(longer, { ...options("without-replacement", 0), maxSteps: 50, resume });
    const whole = vectorTrainee(problem);
    await train(whole, { ...options("without-replacement", 0), maxSteps: 50 });
    expect(longer.parameters).toEqual(whole.parameters);
  });

  it("is refused where the batches, the rules or the format differ", async () => {
    const run = await training(vectorTrainee(problem), options("without-replacement", 0));
    await run.advance(3);
    const resume = await run.checkpoint();
    const refused = (changes: Partial<TrainOptions>): Promise<void> =>
      expect(
        train(vectorTrainee(problem), { ...options("without-replacement", 0), resume, ...changes }),
      ).rejects.toMatchObject({
        code: "INVALID_CHECKPOINT",
      });
    await refused({ batchSize: 3 });
    await refused({ sampling: "with-replacement" });
    await refused({ stop: [] });
    await refused({ momentum: 0.5 });
    await refused({ optimizer: { kind: "adam" } });
    await refused({ optimizer: { kind: "sgd", weightDecay: 0.1 } });
    const steps = { shape: [1], data: Float64Array.of(0.5) };
    await refused({ resume: { ...resume, arrays: { ...resume.arrays, "optimizer-steps": steps } } });
    await refused({ resume: { ...resume, state: { ...resume.state, version: 2 as 1 } } });
    await refused({ resume: { ...resume, arrays: {} } });
  });
});

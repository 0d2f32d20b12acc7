import { logLossPower } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import type { JobHooks } from "./job-hooks.js";
import { normals } from "./normals.js";

/**
 * What moves a walker at `L = ½(1 + ‖θ‖²)`, linear regression on inputs N(0, I) with label noise of variance 1: SGD itself on fresh
 * examples, Gaussian noise of its covariance `(2L·I + θθᵀ)/B`, or Gaussian noise of the `2L·I/B` that decoupling leaves of it.
 */
type WalkNoise = "sgd" | "gaussian" | "decoupled";

/** Walks of SGD on linear regression, from the minimum until the loss has climbed, and then one long walk that is not stopped. */
export interface WalksTask {
  part: "walks";
  noise: WalkNoise;
  dimension: number;
  learningRate: number;
  batchSize: number;
  /** L/L* at which the time of first passage is taken, increasing; may be empty. */
  levels: number[];
  walks: number;
  /** Of all walks together. */
  maxSteps: number;
  /** Steps of the long walk; 0 for none. */
  longSteps: number;
  /** Steps between two of its points, more than its correlation time. */
  every: number;
  seed: number;
}

/** What they show. */
export interface WalksRecord extends Omit<WalksTask, "part"> {
  part: "walks";
  /** Mean first passage, in units of t = ηk, at each level; null where a walk did not get there in time. */
  times: (number | null)[];
  /** Maximum likelihood of φ in a density L^−φ, from the long walk; null without one. */
  power: { value: number; standardError: number } | null;
  /** The same with 1 + 2‖θ‖², the true noise of one dimension, in the place of L. */
  trueNoisePower: { value: number; standardError: number } | null;
  /** Mean of ‖θ‖² over the long walk; null without one. */
  meanSquare: number | null;
}

/** Steps between two signs of life. */
const pulse = 1 << 18;

/** @internal See `study`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* walksStudy(task: WalksTask, { progress, signal }: JobHooks): AsyncGenerator<WalksRecord> {
  const { levels, walks, maxSteps, longSteps, every, learningRate, noise, dimension, seed } = task;
  const total = (levels.length > 0 ? maxSteps : 0) + longSteps;
  let done = 0;
  const alive = (): void => {
    if (++done % pulse !== 0) return;
    signal?.throwIfAborted();
    progress?.(done / total, `${noise}, ${dimension} dimensions, η = ${learningRate}`);
  };
  const passage = walker(task, "passage");
  const sums = levels.map(() => 0);
  const reached = levels.map(() => 0);
  for (let walk = 0; walk < walks && levels.length > 0; walk++) {
    passage.reset();
    let next = 0;
    for (let step = 1; next < levels.length && done < maxSteps; step++) {
      passage.step();
      const ratio = 1 + passage.square();
      for (; next < levels.length && ratio > levels[next]!; next++) {
        sums[next]! += step * learningRate;
        reached[next]!++;
      }
      alive();
    }
  }
  const losses: number[] = [];
  const long = walker(task, "long");
  let sum = 0;
  for (let step = 1; step <= longSteps; step++) {
    long.step();
    if (step % every === 0 && step > 20 * every) {
      losses.push(1 + long.square());
      sum += long.square();
    }
    alive();
  }
  const fit = (values: number[]): WalksRecord["power"] => {
    if (values.length < 2) return null;
    const { value, standardError } = logLossPower(values, { minimumLoss: 1, dimensions: dimension });
    return { value, standardError };
  };
  yield {
    ...task,
    times: sums.map((time, k) => (reached[k] === walks ? time / walks : null)),
    power: fit(losses),
    trueNoisePower: fit(losses.map((value) => 2 * value - 1)),
    meanSquare: losses.length === 0 ? null : sum / losses.length,
  };

  /** θ from 0 on, by one step after the other. */
  function walker({ batchSize }: WalksTask, stream: string) {
    const random = seededRandom(seed).stream(stream);
    const theta = new Float64Array(dimension);
    const gradient = new Float64Array(dimension);
    const input = new Float64Array(dimension);
    const normal = normals(random);
    const square = (): number => {
      let value = 0;
      for (let j = 0; j < dimension; j++) value += theta[j]! * theta[j]!;
      return value;
    };
    const steps: Record<WalkNoise, () => void> = {
      sgd() {
        gradient.fill(0);
        for (let i = 0; i < batchSize; i++) {
          let residual = normal();
          for (let j = 0; j < dimension; j++) residual += theta[j]! * (input[j] = normal());
          for (let j = 0; j < dimension; j++) gradient[j]! += (residual * input[j]!) / batchSize;
        }
        for (let j = 0; j < dimension; j++) theta[j]! -= learningRate * gradient[j]!;
      },
      gaussian: () => {
        diffuse(1);
      },
      decoupled: () => {
        diffuse(0);
      },
    };
    const diffuse = (along: number): void => {
      const strength = Math.sqrt((1 + square()) / batchSize);
      const own = 1 + (along === 0 ? 0 : normal() / Math.sqrt(batchSize));
      for (let j = 0; j < dimension; j++) theta[j]! -= learningRate * (theta[j]! * own + strength * normal());
    };
    return { step: steps[noise], square, reset: () => void theta.fill(0) };
  }
}

import { deepLinear } from "@sgdscope/models-rfm";
import { alignedStart, modeDynamics, modesOf, twoLayerTimeTo } from "@sgdscope/models-rfm/deep-linear";
import { gaussian, seededRandom } from "@sgdscope/random";
import type { JobHooks } from "./job-hooks.js";

/** A deep linear network that begins small, balanced and aligned, and learns a diagonal teacher by SGD on fresh examples. Plain JSON. */
export interface ModeTrainingTask {
  part: "training";
  depth: number;
  /** Singular values of the teacher, as many as inputs and outputs. */
  targets: number[];
  /** w at the start, of each mode. */
  initial: number;
  learningRate: number;
  steps: number;
  /** Steps between two measurements. */
  every: number;
  /** Fresh examples by which drift and noise of a step are measured. */
  probes: number;
  seed: number;
}

/** One mode along the training. */
export interface ModeTrainingRecord extends Omit<ModeTrainingTask, "part" | "targets"> {
  part: "training";
  /** Its place among the targets. */
  index: number;
  target: number;
  /** w/s where it diffuses most. */
  peak: number;
  /** Standard deviation of a step of w over that of the equation, and mean over its drift: medians while w/s is in [0.1, 0.9]. */
  noiseRatio: number;
  /** The former over the equation of one layer more. */
  deeperRatio: number;
  driftRatio: number;
  /** η·step at which w/s is 0.95; null where it never is. */
  time: number | null;
  /** The same of gradient flow; null but for two layers. */
  flowTime: number | null;
}

/** @internal See `study`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* modeTrainingStudy(
  task: ModeTrainingTask,
  { progress, signal }: JobHooks,
): AsyncGenerator<ModeTrainingRecord> {
  const { targets, depth, learningRate, steps, every, probes, seed, initial } = task;
  const { targets: _, ...named } = task;
  const d = targets.length;
  const model = deepLinear({ inputs: d, outputs: d, depth });
  const theta = alignedStart(
    model,
    targets.map(() => initial),
  );
  const random = seededRandom(seed);
  const examples = random.stream("examples");
  const probe = random.stream("probes");
  const dynamics = targets.map((target) => modeDynamics({ depth, target, temperature: learningRate }));
  const deeper = targets.map((target) => modeDynamics({ depth: depth + 1, target, temperature: learningRate }));
  const found = targets.map(() => ({
    best: -1,
    peak: NaN,
    noise: [] as number[],
    deeper: [] as number[],
    drift: [] as number[],
    time: null as number | null,
  }));
  const gradient = new Float64Array(model.parameters);
  const draw = (generator: () => number): Float64Array => {
    const X = gaussian(d, generator);
    const y = X.map((x, a) => targets[a]! * x);
    model.gradient(theta, X, y, [0], gradient.fill(0));
    return gradient;
  };
  for (let step = 0; step <= steps; step++) {
    if (step % every === 0) {
      signal?.throwIfAborted();
      progress?.(step / steps, `${model.name}: step ${step}`);
      measure(step);
    }
    const g = draw(examples);
    for (let k = 0; k < theta.length; k++) theta[k]! -= learningRate * g[k]!;
  }
  for (const [index, target] of targets.entries()) {
    const { peak, noise, deeper, drift, time } = found[index]!;
    yield {
      ...named,
      index,
      target,
      peak,
      noiseRatio: middleOf(noise),
      deeperRatio: middleOf(deeper),
      driftRatio: middleOf(drift),
      time,
      flowTime: depth === 2 ? twoLayerTimeTo({ target, start: initial }, 0.95) : null,
    };
  }

  /** Mean and spread of what a step of SGD does to each mode, in units of η, by central differences along the gradient of an example. */
  function measure(step: number): void {
    const modes = modesOf(model, theta);
    const [sums, squares] = [new Float64Array(d), new Float64Array(d)];
    const small = 1e-6;
    for (let k = 0; k < probes; k++) {
      const g = draw(probe);
      const moved = (by: number): Float64Array =>
        modesOf(
          model,
          theta.map((value, j) => value - by * g[j]!),
        );
      const [up, down] = [moved(small), moved(-small)];
      for (let a = 0; a < d; a++) {
        const rate = (up[a]! - down[a]!) / (2 * small);
        sums[a]! += rate / probes;
        squares[a]! += rate ** 2 / probes;
      }
    }
    for (let a = 0; a < d; a++) {
      const own = found[a]!;
      const w = modes[a]!;
      const share = w / targets[a]!;
      // The noise of the equation is √η times this.
      const spread = Math.sqrt(Math.max(0, squares[a]! - sums[a]! ** 2));
      if (spread > own.best) [own.best, own.peak] = [spread, share];
      if (share > 0.95 && own.time === null) own.time = step * learningRate;
      if (share < 0.1 || share > 0.9) continue;
      own.noise.push(spread / (dynamics[a]!.mode.noise(w) / Math.sqrt(learningRate)));
      own.deeper.push(spread / (deeper[a]!.mode.noise(w) / Math.sqrt(learningRate)));
      own.drift.push(sums[a]! / dynamics[a]!.flow(w));
    }
  }
}

function middleOf(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? NaN : sorted[Math.floor(sorted.length / 2)]!;
}

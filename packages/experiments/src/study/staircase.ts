import { gramOfRows, multiply, symmetricEigen, symmetricFunction, transpose } from "@sgdscope/linear-algebra";
import { deepLinear, gaussianInputs } from "@sgdscope/models-rfm";
import { driftDiffusion, modesOf } from "@sgdscope/models-rfm/deep-linear";
import { gaussian, seededRandom } from "@sgdscope/random";
import type { JobHooks } from "./job-hooks.js";

/**
 * The case of the authors' code: a teacher U diag(s)Vᵀ, whitened inputs, n examples with label noise, three hidden layers, weights of
 * variance width^−γ, batches of one, and the mean of squares over outputs for a loss. Plain JSON.
 */
export interface StaircaseTask {
  part: "staircase";
  /** Of inputs, outputs and hidden layers. */
  width: number;
  hiddenLayers: number;
  examples: number;
  targets: number[];
  /** Standard deviation. */
  labelNoise: number;
  /** γ. */
  smallness: number;
  learningRate: number;
  steps: number;
  every: number;
  seed: number;
}

/** One moment of such a training, in the units of that loss. */
export interface StaircaseRecord {
  part: "staircase";
  seed: number;
  smallness: number;
  step: number;
  /** The modes w. */
  modes: number[];
  targets: number[];
  loss: number;
  /** ‖∇L‖. */
  drift: number;
  /** √(η/B)·√(Σ‖∇L − ∇ℓᵢ‖²/(n − 1)). */
  diffusion: number;
}

/** @internal See `study`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* staircaseStudy(
  task: StaircaseTask,
  { progress, signal }: JobHooks,
): AsyncGenerator<StaircaseRecord> {
  const {
    width: d,
    hiddenLayers,
    examples: n,
    targets,
    labelNoise,
    smallness,
    learningRate,
    steps,
    every,
    seed,
  } = task;
  const random = seededRandom(seed);
  const X = whitened(gaussianInputs(n, d, random.stream("inputs")), n, d);
  const rank = targets.length;
  const bases = ["left", "right"].map((name) => orthonormal(d, random.stream(name)).slice(0, rank * d));
  const [left, right] = [transpose(bases[0]!, rank, d), transpose(bases[1]!, rank, d)];
  const scaled = bases[0]!.map((value, k) => value * targets[Math.floor(k / d)]!);
  // Rows of (XV)·diag(s)Uᵀ.
  const clean = multiply(multiply(X, right, n, d, rank), scaled, n, rank, d);
  const noise = gaussian(n * d, random.stream("labels"));
  const y = clean.map((value, k) => value + labelNoise * noise[k]!);
  const model = deepLinear({
    inputs: d,
    outputs: d,
    depth: hiddenLayers + 1,
    width: d,
    initialScale: d ** (-smallness / 2),
  });
  const theta = model.init(random.stream("start"));
  const batches = random.stream("batches");
  const gradient = new Float64Array(model.parameters);
  // The mean of squares over outputs is 2/C of ½ their sum.
  const unit = 2 / d;
  for (let step = 0; step <= steps; step++) {
    if (step % every === 0) {
      signal?.throwIfAborted();
      progress?.(step / steps, `${model.name}: step ${step}`);
      const { drift, diffusion } = driftDiffusion(model, theta, { X, y }, { learningRate, batchSize: 1 });
      const residuals = model.residuals(theta, X, y);
      yield {
        ...({ part: "staircase", seed, smallness, step, targets } as const),
        modes: [...modesOf(model, theta, { left, right })],
        loss: residuals.reduce((sum, r) => sum + r * r, 0) / (n * d),
        drift: unit * drift,
        diffusion: unit * diffusion,
      };
    }
    model.gradient(theta, X, y, [Math.floor(n * batches())], gradient.fill(0));
    for (let k = 0; k < theta.length; k++) theta[k]! -= learningRate * unit * gradient[k]!;
  }
}

/** X(XᵀX/n)^−½. */
const whitened = (X: Float64Array, n: number, d: number): Float64Array => {
  const covariance = gramOfRows(transpose(X, n, d), d, n).map((value) => value / n);
  return multiply(
    X,
    symmetricFunction(symmetricEigen(covariance, d), (value) => 1 / Math.sqrt(value)),
    n,
    d,
    d,
  );
};

/** Rows orthonormal and without a preferred direction: eigenvectors of a Wishart matrix. */
const orthonormal = (d: number, random: () => number): Float64Array =>
  symmetricEigen(gramOfRows(gaussian(d * d, random), d, d), d).vectors;

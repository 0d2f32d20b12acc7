import { norm, symmetricEigen, symmetricFunction } from "@sgdscope/linear-algebra";
import { expectOneOf, expectPositive, StabilityError } from "../errors.js";
import { add, product, readMatrix, transposeOf } from "./dense.js";
import { heavyBallLearningRate } from "./heavy-ball.js";
import { solveByDoubling, solveByKronecker } from "./lyapunov.js";

/** SGD with momentum around a minimum of a quadratic, `m ← βm + Kw + noise, w ← w − Λm`. */
export interface MomentumDynamics {
  /** K, symmetric and positive semidefinite, `d × d`, row-major. */
  hessian: Float64Array;
  /** C, covariance of the minibatch gradient (batch size included), symmetric and positive semidefinite, `d × d`. */
  noise: Float64Array;
  /** λ, or a symmetric positive definite `d × d` matrix Λ; it need not commute with K. */
  learningRate: number | Float64Array;
  /** β in [0, 1). Default 0. */
  momentum?: number;
  /** `"sum"`, the default, is `m ← βm + g` (PyTorch); `"average"` is `m ← βm + (1 − β)g`, the same at Λ(1 − β). */
  convention?: "sum" | "average";
}

/** Where SGD with momentum settles. */
export interface MomentumCovariance {
  /** `lim E[wwᵀ]`, `d × d`, row-major. */
  covariance: Float64Array;
  /** The limit of small learning rates at a fixed effective one: the same equation without its quadratic terms. */
  continuousCovariance: Float64Array;
  /** `½Tr(K·covariance)`. */
  excessLoss: number;
  /** `max ΛK/(2(1 + β))`: below 1, the edge of stability. */
  edgeRatio: number;
  /** Frobenius norm of the residual of the matrix equation, relative to that of `ΛCΛ`. */
  residual: number;
}

/** `closed`: the eigenbasis. `doubling` and `kronecker`: the state (w, m), for checking; 8(2d)³ a doubling, (2d)⁶/12. */
export type StationaryMethod = "closed" | "kronecker" | "doubling";

/**
 * The exact stationary covariance of SGD with momentum and a scalar or matrix learning rate at a quadratic minimum with
 * noise of fixed covariance. It solves
 *
 * `(1−β)(ΛKΣ + ΣKΛ) − (1+β²)/(1−β²)·ΛKΣKΛ + β/(1−β²)·(ΛKΛKΣ + ΣKΛKΛ) = ΛCΛ`
 *
 * [Liu, Ziyin & Ueda (2021), arXiv:2012.03636, as quoted by Ziyin et al. (2022), arXiv:2102.05375, Theorem 1]. In the
 * eigenbasis of `Λ^½KΛ^½` with eigenvalues x the equation is diagonal, `Σ_ab = C_ab/[(1−β)(x_a+x_b) −
 * (1+β²)/(1−β²)x_ax_b + β/(1−β²)(x_a²+x_b²)]`, for any Λ and C (derived here); where all commute it is
 * `λc/[(1−β)k(2 − λk/(1+β))]`. Directions without curvature and noise stay where they are and get variance 0.
 *
 * @param dynamics.method - Default `"closed"`, about `30d³` operations.
 * @throws StabilityError SHAPE_MISMATCH; INVALID_ARGUMENT for bad numbers, at or beyond the edge `λk = 2(1+β)`, and for
 *   noise in a direction without curvature, where no stationary state exists.
 */
export function stationaryCovarianceWithMomentum(
  dynamics: MomentumDynamics & { method?: StationaryMethod },
): MomentumCovariance {
  const { momentum = 0, convention = "sum", method = "closed" } = dynamics;
  const caller = "stationaryCovarianceWithMomentum";
  expectOneOf(caller, "convention", convention, ["sum", "average"]);
  expectOneOf(caller, "method", method, ["closed", "kronecker", "doubling"]);
  const size = Math.round(Math.sqrt(dynamics.hessian.length));
  const hessian = readMatrix(caller, "hessian", dynamics.hessian, size);
  const noise = readMatrix(caller, "noise", dynamics.noise, size);
  if (!(momentum >= 0 && momentum < 1))
    throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected momentum in [0, 1), got ${momentum}.`);
  const given = dynamics.learningRate;
  if (typeof given === "number") expectPositive(caller, "learningRate", given);
  const rates =
    typeof given === "number"
      ? Float64Array.from({ length: size * size }, (_, k) => (k % (size + 1) === 0 ? given : 0))
      : readMatrix(caller, "learningRate", given, size);
  const scale = convention === "average" ? heavyBallLearningRate(1, momentum) : 1;
  const learningRate = rates.map((value) => value * scale);

  const spectrum = symmetricEigen(learningRate, size);
  if (!(spectrum.values[size - 1]! > 0))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected learningRate to be positive (definite), got smallest eigenvalue ${spectrum.values[size - 1]!}.`,
    );
  const root = symmetricFunction(spectrum, Math.sqrt);
  const scaled = symmetricEigen(product(product(root, hessian, size), root, size), size);
  const largest = Math.max(scaled.values[0]!, 0);
  const floor = 1e-12 * largest;
  if (scaled.values[size - 1]! < -floor)
    throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected hessian to be positive semidefinite.`);
  const edgeRatio = largest / (2 * (1 + momentum));
  if (edgeRatio >= 1)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected learningRate·hessian below 2(1 + momentum) = ${2 * (1 + momentum)}, got ${largest}.`,
    );
  // Rows of `turn` are the eigenvectors after Λ^½: `turn·C·turnᵀ` is the noise and `turnᵀ·S·turn` the way back.
  const turn = product(scaled.vectors, root, size);
  const back = transposeOf(turn, size);
  const turned = product(product(turn, noise, size), back, size);
  const x = scaled.values.map((value) => (value > floor ? value : 0));
  for (let a = 0; a < size; a++)
    if (x[a] === 0 && turned[a * size + a]! > 1e-12 * norm(turned))
      throw new StabilityError(
        "INVALID_ARGUMENT",
        `${caller}: expected no noise in directions without curvature, got variance ${turned[a * size + a]!}.`,
      );
  const divided = (denominator: (p: number, q: number) => number): Float64Array =>
    product(
      product(
        back,
        turned.map((value, k) => {
          const [p, q] = [x[Math.floor(k / size)]!, x[k % size]!];
          return p === 0 || q === 0 ? 0 : value / denominator(p, q);
        }),
        size,
      ),
      turn,
      size,
    );
  const keep = 1 - momentum;
  const square = keep * (1 + momentum);
  let covariance: Float64Array;
  if (method === "closed")
    covariance = divided(
      (p, q) => keep * (p + q) - ((1 + momentum ** 2) * p * q) / square + (momentum * (p * p + q * q)) / square,
    );
  else {
    if (x.includes(0))
      throw new StabilityError(
        "INVALID_ARGUMENT",
        `${caller}: expected a positive definite hessian for method "${method}"; "closed" takes any.`,
      );
    const solve = method === "kronecker" ? solveByKronecker : solveByDoubling;
    covariance = positionBlock(solve(...stateSpace(hessian, learningRate, noise, momentum, size), 2 * size), size);
  }
  let excessLoss = 0;
  for (let k = 0; k < covariance.length; k++) excessLoss += 0.5 * hessian[k]! * covariance[k]!;
  return {
    covariance,
    continuousCovariance: divided((p, q) => keep * (p + q)),
    excessLoss,
    edgeRatio,
    residual: equationResidual(hessian, noise, learningRate, momentum, covariance, size),
  };
}

/** `s ← As + Ge` for `s = (w, m)`: A and `GCGᵀ`, both `2d × 2d`. */
function stateSpace(
  hessian: Float64Array,
  rate: Float64Array,
  noise: Float64Array,
  momentum: number,
  size: number,
): [Float64Array, Float64Array] {
  const wide = 2 * size;
  const map = new Float64Array(wide * wide);
  const drive = new Float64Array(wide * wide);
  const pull = product(rate, hessian, size);
  const pushed = product(rate, noise, size);
  const both = product(pushed, rate, size);
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++) {
      const k = a * size + b;
      const unit = a === b ? 1 : 0;
      map[a * wide + b] = unit - pull[k]!;
      map[a * wide + size + b] = -momentum * rate[k]!;
      map[(size + a) * wide + b] = hessian[k]!;
      map[(size + a) * wide + size + b] = momentum * unit;
      drive[a * wide + b] = both[k]!;
      drive[a * wide + size + b] = -pushed[k]!;
      drive[(size + b) * wide + a] = -pushed[k]!;
      drive[(size + a) * wide + size + b] = noise[k]!;
    }
  return [map, drive];
}

const positionBlock = (state: Float64Array, size: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, k) => state[Math.floor(k / size) * 2 * size + (k % size)]!);

/** The relative residual of the matrix equation. */
function equationResidual(
  hessian: Float64Array,
  noise: Float64Array,
  rate: Float64Array,
  momentum: number,
  covariance: Float64Array,
  size: number,
): number {
  const pull = product(rate, hessian, size);
  const pullBack = transposeOf(pull, size);
  const once = product(pull, covariance, size);
  const twice = product(pull, once, size);
  const between = product(once, pullBack, size);
  const square = 1 - momentum ** 2;
  const right = product(product(rate, noise, size), rate, size);
  const rest = add(once, transposeOf(once, size)).map(
    (value, k) =>
      (1 - momentum) * value -
      ((1 + momentum ** 2) / square) * between[k]! +
      (momentum / square) * (twice[k]! + twice[(k % size) * size + Math.floor(k / size)]!) -
      right[k]!,
  );
  return norm(rest) / (norm(right) || 1);
}

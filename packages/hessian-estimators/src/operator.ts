import type { Estimate } from "@sgdscope/linear-algebra";
import type { EstimatorState } from "./state.js";

export type { Estimate };

/** A symmetric linear map on vectors of length `size`; all that an estimator needs to know of a Hessian. */
export interface LinearOperator {
  size: number;
  /** The product A·v. The callee may keep or overwrite `v`; the result is copied before the next call. */
  apply(v: Float64Array): Promise<Float64Array>;
  /**
   * The products with several vectors, in their order, where that is faster than one after the other. Every estimator here uses it
   * if it exists; the callee may keep or overwrite the vectors, and the results are copied before the next call. Each counts as one product.
   */
  applyBlock?(vectors: Float64Array[]): Promise<Float64Array[]>;
}

/** An estimate that is a mean of independent terms. */
export interface SampledEstimate extends Estimate {
  /** Independent terms behind `standardError`, which has `samples − 1` degrees of freedom; 0 where the value is exact. */
  samples: number;
  /**
   * For a Frobenius norm, the part of its square that is known exactly; the rest is a mean of positive terms, so its interval is not
   * symmetric.
   */
  known?: number;
  /** Skewness of the distribution of one sample, as far as it is known; the interval is then not symmetric. */
  skewness?: number;
  /** Largest error that is not random, such as that of a quadrature rule with too few steps; the interval is wider by as much. */
  bias?: number;
  /** Present where intervals may hold the true value less often than they say; `reason` says why. */
  coverage?: "unreliable";
  reason?: string;
  /** Whether `relativeError` was met, by the rule of the stopping module; true if none was requested. */
  converged: boolean;
}

/** The progress of a long computation. */
export interface Progress<Result> {
  matvecs: number;
  maxMatvecs: number;
  /** The result as it would be if the computation ended here; undefined while there is none yet. */
  estimate: Result | undefined;
}

/** Where the random numbers of an estimate come from: exactly one of the two. */
export interface Randomness {
  /** Uniform generator on [0, 1), drawn from in the order of the products; the estimate is a function of its draws. */
  random?: (() => number) | undefined;
  /**
   * An integer that fits 32 bits. Every random vector is then addressed by its number, a function of the seed and that number alone,
   * so that a state can be continued without replaying draws, and two runs share their probes.
   */
  seed?: number | undefined;
}

/** How many vectors are handed to the operator at once, and how to save a computation and resume it. */
export interface ResumableOptions {
  /** Most vectors handed to `operator.applyBlock` at once; 16 by default. Without `applyBlock` it is 1. */
  blockSize?: number | undefined;
  /**
   * Called after every product with the state to resume from; needs `seed`. The state holds numbers, strings, lists and
   * Float64Arrays: `encodeState` makes it text. Its arrays are shared with the running computation and must not be written into.
   */
  onCheckpoint?: ((state: EstimatorState) => void) | undefined;
  /** A state of the same estimator with the same settings, to resume from; the result is that of an uninterrupted run, to the last bit. */
  resume?: EstimatorState | undefined;
}

/** Options of every long computation here. */
export interface LongOptions<Result> {
  /**
   * Largest asymmetry of the operator, (uᵀ(Av) − vᵀ(Au)) relative to its scale, that is taken for rounding; above it `NOT_SYMMETRIC` is
   * thrown. 1e-4 by default, which Float32 products meet; give more for TF32 or Float16.
   */
  asymmetry?: number | undefined;
  /** Checked before every product; when it is aborted, `signal.reason` is thrown. */
  signal?: AbortSignal | undefined;
  /** Called after every product. */
  onProgress?: ((progress: Progress<Result>) => void) | undefined;
}

/** Trace and Frobenius norm from the same products. */
export interface TraceAndNorm {
  /** Tr A. `matvecs` counts the products of the one pass that served both. */
  trace: SampledEstimate;
  /** ‖A‖_F. `matvecs` counts the products of the one pass that served both. */
  norm: SampledEstimate;
}

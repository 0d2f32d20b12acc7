/** A symmetric linear map on vectors of length `size`; all that an estimator needs of a Hessian. */
export interface LinearOperator {
  size: number;
  /** The product A·v. `v` is the callee's to keep or overwrite; the result is copied before the next call. */
  apply(v: Float64Array): Promise<Float64Array>;
}

/** A number, how far off it may be, and the products it took. */
export interface Estimate {
  value: number;
  /** One standard error, in the unit of `value`; 0 where the value is exact up to rounding. */
  standardError: number;
  /** Products A·v spent. */
  matvecs: number;
}

/** An estimate that is a mean of independent terms. */
export interface SampledEstimate extends Estimate {
  /** Independent terms behind `standardError`, which so has `samples − 1` degrees of freedom; 0 where the value is exact. */
  samples: number;
  /** Whether `relativeError` was met, by the rule of the stopping module; true where none was asked for. */
  converged: boolean;
}

/** Where a long computation stands. */
export interface Progress<Result> {
  matvecs: number;
  maxMatvecs: number;
  /** The result as it would be if the computation ended here; undefined while there is none yet. */
  estimate: Result | undefined;
}

/** What every long computation here accepts. */
export interface LongOptions<Result> {
  /** Checked before every product; when it is aborted, `signal.reason` is thrown. */
  signal?: AbortSignal | undefined;
  /** Called after every product. */
  onProgress?: ((progress: Progress<Result>) => void) | undefined;
}

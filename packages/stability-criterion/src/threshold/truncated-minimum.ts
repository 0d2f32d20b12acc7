import {
  gramExponent,
  largestEigenpair,
  leadingEigenpairs,
  multiplySymmetric,
  norm,
  symmetricProduct,
  transpose,
  type LeadingEigenpairs,
} from "@sgdscope/linear-algebra";
import { checkGramSystem, NoiseStructureError, type GramSystem } from "@sgdscope/noise-structure";
import { expectInteger, StabilityError } from "../errors.js";
import type { SpreadBasis } from "../minimum.js";

/** A minimum whose leading modes are known exactly, and of whose other modes what bounds need. */
export interface TruncatedMinimum {
  examples: number;
  outputs: number;
  /** How many modes are known exactly. */
  modes: number;
  /** λ of these modes, largest first. */
  eigenvalues: Float64Array;
  /** `Tr G` of all other modes over `Tr G`: what bounds speak of. */
  tailShare: number;
  /** @internal The leading modes as features. */
  head: SpreadBasis;
  /** @internal What is known of the others. */
  rest: Rest;
  /** @internal What couples the leading modes to the rest, on each of them, over `Tr G`: no more than their residuals. */
  coupling: number;
}

/** @internal What is known of all modes but the leading ones. */
export interface Rest {
  outputs: number;
  /** `K_t/n`, nC × nC. */
  gram: Float32Array;
  /** `Σ_b v_bv_bᵀ` of the leading modes. */
  projector: Float32Array;
  /** `Σ_b v_bv_bᵀ/(1 + λ_k/λ_b)`. */
  damped: Float32Array;
}

/** @internal Who wants to know how far a computation is, and who may end it. */
export interface Watched {
  /** What is about to be computed, and how much of the whole is behind, in [0, 1]. */
  onProgress?: (fraction: number, stage: string) => void;
  /** Ends the computation between two stages with the signal's reason. */
  signal?: AbortSignal;
}

/** @internal Relative residual of eigenpairs. */
export const TOLERANCE = 1e-6;
/** Eigenvalues below this share of the largest count as zero. */
const SMALLEST = 1e-10;
/** Most negative accepted eigenvalue, relative to the largest. */
const NEGATIVE = 1e-5;

/**
 * The leading modes of a minimum whose Gram matrix is too large for all its eigenvalues, for {@link thresholdInterval}.
 *
 * @param system - A Gram system; residuals do not matter.
 * @param options.modes - Most modes that are taken exactly; fewer where the last do not converge. Default a tenth of nC, at least 200.
 * @returns Cost, for k modes, `8(nC)²k` operations for eigenpairs, `(nC)²k` three times for the rest; memory two and a half Gram
 *   matrices in Float64 beside the one that is given. The event loop is let through between blocks of the eigenpairs.
 * @throws StabilityError INVALID_ARGUMENT, also for a largest diagonal entry outside 2^±100; TOO_FEW_MODES where no eigenpair converges; NO_CURVATURE;
 *   NoiseStructureError as `checkGramSystem`, and NOT_POSITIVE_SEMIDEFINITE as `gramSpectrum`.
 */
export async function truncateMinimum(
  system: GramSystem,
  { modes, onProgress, signal }: { modes?: number } & Watched = {},
): Promise<TruncatedMinimum> {
  checkGramSystem(system, "truncateMinimum");
  const size = system.examples * system.outputs;
  const count = modes ?? Math.max(200, Math.ceil(size / 10));
  expectInteger("truncateMinimum", "options.modes", count, 1);
  const exponent = gramExponent(system);
  if (exponent !== 0)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `truncateMinimum: expected gram with a largest diagonal entry between 2^-100 and 2^100, got one of about 2^${exponent}.`,
    );
  await pause({ onProgress, signal }, 0, "leading eigenvalues");
  const steps = leadingEigenpairs(system.gram, size, { count: Math.min(count, size), tolerance: TOLERANCE });
  let step = steps.next();
  while (step.done !== true) {
    await pause({ onProgress, signal }, 0.8 * step.value, "leading eigenvalues");
    step = steps.next();
  }
  const pairs = step.value;
  if (pairs.values.length === 0)
    throw new StabilityError(
      "TOO_FEW_MODES",
      `truncateMinimum: expected as many modes as the first eigenvalue needs to converge, got ${count}.`,
    );
  if (!(pairs.values[0]! > 0))
    throw new StabilityError("NO_CURVATURE", "truncateMinimum: expected gram with a positive eigenvalue, got zero.");
  await pause({ onProgress, signal }, 0.8, "smallest eigenvalue");
  expectNoNegative(system.gram, size, pairs.values[0]!);
  await pause({ onProgress, signal }, 0.85, "rest of the Gram matrix");
  return splitSpectrum(system, pairs);
}

/** @internal Says what comes next, and lets the event loop through. */
export async function pause(
  { onProgress, signal }: { onProgress: Watched["onProgress"]; signal: AbortSignal | undefined },
  fraction: number,
  stage: string,
): Promise<void> {
  onProgress?.(fraction, stage);
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}

/** Refuses what no Jacobian gives: bounds of the rest would not hold. The limit is that of `gramSpectrum`. */
function expectNoNegative(gram: Float64Array, size: number, largest: number): void {
  const start = Float64Array.from({ length: size }, (_, k) => 1 + 0.5 * Math.sin(k + 1));
  const { value } = largestEigenpair(
    (x) => multiplySymmetric(gram, x, size).map((image, k) => largest * x[k]! - image),
    start,
    { tolerance: 1e-6, maxProducts: 200 },
  );
  const smallest = largest - value;
  if (smallest < -NEGATIVE * Math.max(largest, -smallest))
    throw new NoiseStructureError(
      "NOT_POSITIVE_SEMIDEFINITE",
      `truncateMinimum: expected gram = JJᵀ without negative eigenvalues, got ${smallest.toPrecision(4)} beside the largest ${largest.toPrecision(4)}.`,
    );
}

function splitSpectrum(
  { examples, outputs, gram }: GramSystem,
  { values, vectors, residuals }: LeadingEigenpairs,
): TruncatedMinimum {
  const size = examples * outputs;
  const rank = values.findLastIndex((value) => value > SMALLEST * values[0]!) + 1;
  const eigenvalues = values.slice(0, rank).map((value) => value / examples);
  const last = eigenvalues[rank - 1]!;
  const features = vectors.slice(0, rank * size);
  const transposed = transpose(features, rank, size);
  /** `Σ_b weight(λ_b)·v_bv_bᵀ`. */
  const combined = (weight: (value: number) => number): Float64Array => {
    const weights = eigenvalues.map(weight);
    return symmetricProduct(
      transposed,
      transposed.map((value, k) => value * weights[k % rank]!),
      size,
      rank,
    );
  };
  const part = combined((value) => value);
  const rest = new Float32Array(size * size);
  let [whole, left] = [0, 0];
  for (let i = 0, o = 0; i < size; i++)
    for (let j = 0; j < size; j++, o++) {
      const value = gram[o]! / examples - part[o]!;
      rest[o] = value;
      if (i !== j) continue;
      whole += gram[o]! / examples;
      left += Math.max(0, value);
    }
  const projector = Float32Array.from(combined(() => 1));
  const damped = Float32Array.from(combined((value) => 1 / (1 + last / value)));
  for (let a = 0; a < rank; a++) {
    const length = Math.sqrt(examples * eigenvalues[a]!);
    for (let i = a * size; i < (a + 1) * size; i++) features[i]! *= length;
  }
  return {
    head: { examples, outputs, rank, transposedFeatures: features, features: transpose(features, rank, size) },
    ...{ examples, outputs, modes: rank, eigenvalues },
    rest: { outputs, gram: rest, projector, damped },
    tailShare: left / whole,
    coupling: (2 * size * norm(residuals)) / examples / whole,
  };
}

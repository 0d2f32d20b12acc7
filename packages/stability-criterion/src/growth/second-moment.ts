import { multiplyTransposed } from "@sgdscope/linear-algebra";
import { checkGramSystem, type GramSystem } from "@sgdscope/noise-structure";
import { expectPositive, StabilityError } from "../errors.js";
import { weightsFor, type Batches } from "../sampling.js";

/**
 * One step of the second moment of the residuals, `Z = E[rrᵀ]`, under linearised SGD:
 * `Z' = Z − (η/n)(KZ + ZK) + (η²/n²)[(1−p)·KZK + p·n·K·blockdiag(Z)·K]`, for Bernoulli batches with `KZK` unweighted.
 *
 * Exact for every Gram matrix and every residuals, realizable or not. Derived here, checked by enumeration.
 *
 * @param moment - Z, symmetric `nC × nC`, row-major; not changed. `E L = Tr Z/2n`.
 * @param learningRate - η.
 * @returns Z', `nC × nC`. Cost three products of `2(nC)³`.
 * @throws StabilityError SHAPE_MISMATCH, INVALID_ARGUMENT and as `samplingFactor`; NoiseStructureError as `checkGramSystem`.
 */
export function secondMomentStep(
  system: GramSystem,
  moment: Float64Array,
  learningRate: number,
  batches: Batches,
): Float64Array {
  expectPositive("secondMomentStep", "learningRate", learningRate);
  checkGramSystem(system, "secondMomentStep");
  const { examples: n, outputs, gram } = system;
  const size = n * outputs;
  if (moment.length !== size * size)
    throw new StabilityError(
      "SHAPE_MISMATCH",
      `secondMomentStep: expected moment of ${size} × ${size} numbers, got ${moment.length}.`,
    );
  if (!moment.every(Number.isFinite))
    throw new StabilityError("INVALID_ARGUMENT", "secondMomentStep: expected moment to be finite.");
  const { noise, fullBatch } = weightsFor("secondMomentStep", n, batches);
  const inner = moment.map((value) => (value * fullBatch) / n);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < outputs; c++)
      for (let d = 0; d < outputs; d++) {
        const at = (i * outputs + c) * size + i * outputs + d;
        inner[at]! += noise * moment[at]!;
      }
  // K and Z are symmetric, so a product with a transpose is the product.
  const kz = multiplyTransposed(gram, moment, size, size, size);
  const outer = multiplyTransposed(multiplyTransposed(gram, inner, size, size, size), gram, size, size, size);
  const eta = learningRate / n;
  const next = new Float64Array(size * size);
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++) {
      const o = a * size + b;
      next[o] = moment[o]! - eta * (kz[o]! + kz[b * size + a]!) + eta * learningRate * outer[o]!;
    }
  return next;
}

import { gramOfRows, multiplyVector, type GramSystem } from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "./errors.js";
import { gramExtremes } from "./gram-extremes.js";
import { expectNonNegative } from "./noise-strength/arguments.js";

export type { GramSystem };

/**
 * Refuses a system whose parts do not fit together.
 *
 * @param caller - Name of the calling function, for the message.
 * @param options.symmetryTolerance - Largest accepted `|K_ab − K_ba|` relative to the largest entry. Default 1e-5: a Gram
 *   matrix summed in Float32 is symmetric to about 1e-6.
 * @throws NoiseStructureError INVALID_ARGUMENT, SHAPE_MISMATCH, NOT_FINITE, NOT_SYMMETRIC, or NOT_POSITIVE_SEMIDEFINITE
 *   for a negative diagonal entry or an entry above the Cauchy–Schwarz bound `√(K_aaK_bb)`: that is all that pairs of rows
 *   can show. Only `gramSpectrum`, and what is built on it, finds every negative eigenvalue. Cost O((nC)²), one sweep.
 */
export function checkGramSystem(
  system: GramSystem,
  caller: string,
  options: { symmetryTolerance?: number } = {},
): void {
  const { examples, outputs, gram, residuals } = system;
  const { symmetryTolerance = 1e-5 } = options;
  expectCount(caller, "examples", examples);
  expectCount(caller, "outputs", outputs);
  expectNonNegative(caller, "options.symmetryTolerance", symmetryTolerance);
  const size = examples * outputs;
  expectShape(caller, `gram [${size} × ${size}]`, gram, size * size);
  expectShape(caller, `residuals [${examples} × ${outputs}]`, residuals, size);
  const { isFinite, largest, asymmetry, excess } = gramExtremes(gram, size);
  if (!isFinite) expectFinite(caller, "gram", gram);
  expectFinite(caller, "residuals", residuals);
  const slack = symmetryTolerance * largest;
  if (!(asymmetry <= slack && excess <= slack)) expectPairs(caller, gram, size, symmetryTolerance, slack);
}

/** Throws an error that names the first pair of rows that no Gram matrix can have. */
function expectPairs(caller: string, gram: Float64Array, size: number, symmetryTolerance: number, slack: number): void {
  for (let a = 0; a < size; a++) {
    const diagonal = gram[a * size + a]!;
    if (diagonal < 0)
      throw new NoiseStructureError(
        "NOT_POSITIVE_SEMIDEFINITE",
        `${caller}: expected gram = JJᵀ with a non-negative diagonal, got ${diagonal} at (${a}, ${a}).`,
      );
    for (let b = 0; b < a; b++) {
      const gap = Math.abs(gram[a * size + b]! - gram[b * size + a]!);
      if (gap > slack)
        throw new NoiseStructureError(
          "NOT_SYMMETRIC",
          `${caller}: expected gram to be symmetric within ${symmetryTolerance} of its largest entry, got ${gram[a * size + b]!} at (${a}, ${b}) and ${gram[b * size + a]!} at (${b}, ${a}).`,
        );
      const bound = Math.sqrt(diagonal) * Math.sqrt(gram[b * size + b]!);
      if (Math.abs(gram[a * size + b]!) > bound + slack)
        throw new NoiseStructureError(
          "NOT_POSITIVE_SEMIDEFINITE",
          `${caller}: expected gram = JJᵀ with entries of at most √(K_aa·K_bb) = ${bound}, got ${gram[a * size + b]!} at (${a}, ${b}).`,
        );
    }
  }
}

/**
 * The Gram system of an explicit Jacobian.
 *
 * @param jacobian - J, `nC × P`, row-major: row `i·C + c` is the gradient of output c at example i. Any float array;
 *   products are summed in double precision.
 * @param residuals - r = f − y, length `nC`.
 * @param shape - n and C; P follows from the length of `jacobian`.
 * @returns `K = JJᵀ` and a copy of the residuals in Float64. Cost `(nC)²P` operations.
 * @throws NoiseStructureError INVALID_ARGUMENT, SHAPE_MISMATCH or NOT_FINITE.
 */
export function gramSystemFromJacobian(
  jacobian: Float64Array | Float32Array,
  residuals: Float64Array | Float32Array,
  shape: { examples: number; outputs: number },
): GramSystem {
  const { examples, outputs } = shape;
  expectCount("gramSystemFromJacobian", "examples", examples);
  expectCount("gramSystemFromJacobian", "outputs", outputs);
  const size = examples * outputs;
  const parameters = jacobian.length / size;
  if (!Number.isInteger(parameters) || parameters === 0)
    throw new NoiseStructureError(
      "SHAPE_MISMATCH",
      `gramSystemFromJacobian: expected jacobian of ${size} rows (${examples} examples × ${outputs} outputs), got ${jacobian.length} numbers.`,
    );
  expectShape("gramSystemFromJacobian", `residuals [${examples} × ${outputs}]`, residuals, size);
  expectFinite("gramSystemFromJacobian", "jacobian", jacobian);
  expectFinite("gramSystemFromJacobian", "residuals", residuals);
  return { examples, outputs, gram: gramOfRows(jacobian, size, parameters), residuals: Float64Array.from(residuals) };
}

/**
 * The system after one full gradient step with the Jacobian frozen: `r ← r − (η/n)·K·r`.
 *
 * @param learningRate - η in the loss of this package.
 * @returns A system that shares the Gram matrix. Cost O((nC)²).
 * @throws NoiseStructureError as {@link checkGramSystem}; INVALID_ARGUMENT for a learning rate that is not finite.
 */
export function afterGradientStep(system: GramSystem, learningRate: number): GramSystem {
  checkGramSystem(system, "afterGradientStep");
  if (!Number.isFinite(learningRate))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `afterGradientStep: expected learningRate to be finite, got ${learningRate}.`,
    );
  const { examples, gram, residuals } = system;
  const step = multiplyVector(gram, residuals, residuals.length, residuals.length);
  return { ...system, residuals: residuals.map((value, a) => value - (learningRate / examples) * step[a]!) };
}

function expectCount(caller: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected ${name} to be a positive integer, got ${value}.`,
    );
}

function expectShape(caller: string, name: string, array: ArrayLike<number>, length: number): void {
  if (array.length !== length)
    throw new NoiseStructureError(
      "SHAPE_MISMATCH",
      `${caller}: expected ${name}, ${length} numbers, got ${array.length}.`,
    );
}

function expectFinite(caller: string, name: string, array: ArrayLike<number>): void {
  for (let i = 0; i < array.length; i++)
    if (!Number.isFinite(array[i]!))
      throw new NoiseStructureError(
        "NOT_FINITE",
        `${caller}: expected finite ${name}, got ${array[i]!} at index ${i}.`,
      );
}

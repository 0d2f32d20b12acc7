import { multiply, symmetricEigen } from "@sgdscope/linear-algebra";
import type { SamplingWeights } from "../../src/index.js";
import type { Problem } from "./problems.js";

/** Hessians of the examples, `p × p`. */
export type ExampleHessians = readonly Float64Array[];

/** `JᵢᵀJᵢ` of every example. */
const ofSquareLoss = ({ system, jacobian, parameters: p }: Problem): ExampleHessians =>
  Array.from({ length: system.examples }, (_, i) => {
    const h = new Float64Array(p * p);
    for (let c = 0; c < system.outputs; c++)
      for (let a = 0; a < p; a++)
        for (let b = 0; b < p; b++)
          h[a * p + b]! += jacobian[(i * system.outputs + c) * p + a]! * jacobian[(i * system.outputs + c) * p + b]!;
    return h;
  });

/** Restricted to the range of their mean. */
function restricted(full: ExampleHessians): { hessians: Float64Array[]; rank: number } {
  const p = Math.sqrt(full[0]!.length);
  const { values, vectors } = symmetricEigen(average(full), p);
  const rank = values.filter((value) => value > 1e-10 * values[0]!).length;
  const basis = vectors.slice(0, rank * p);
  const transposed = Float64Array.from({ length: p * rank }, (_, k) => basis[(k % rank) * p + Math.floor(k / rank)]!);
  return { hessians: full.map((h) => multiply(multiply(basis, h, rank, p, p), transposed, rank, p, rank)), rank };
}

const average = (matrices: ExampleHessians): Float64Array =>
  matrices[0]!.map((_, k) => matrices.reduce((sum, m) => sum + m[k]!, 0) / matrices.length);

const kronecker = (a: Float64Array, b: Float64Array, r: number): Float64Array =>
  Float64Array.from({ length: r ** 4 }, (_, k) => {
    const [row, column] = [Math.floor(k / r ** 2), k % r ** 2];
    return a[Math.floor(row / r) * r + Math.floor(column / r)]! * b[(row % r) * r + (column % r)]!;
  });

const identity = (r: number): Float64Array =>
  Float64Array.from({ length: r * r }, (_, k) => (k % (r + 1) === 0 ? 1 : 0));

/** The operators C and D as dense `r² × r²` matrices. */
function denseOperators(problem: Problem | ExampleHessians, { noise, fullBatch }: SamplingWeights) {
  const { hessians, rank: r } = restricted("system" in problem ? ofSquareLoss(problem) : problem);
  const h = average(hessians);
  const left = kronecker(h, identity(r), r);
  const right = kronecker(identity(r), h, r);
  const full = kronecker(h, h, r);
  const single = average(hessians.map((one) => kronecker(one, one, r)));
  return {
    rank: r,
    c: left.map((value, k) => (value + right[k]!) / 2),
    d: full.map((value, k) => fullBatch * value + noise * single[k]!),
  };
}

/** `2/λ_max(C^{-1/2} D C^{-1/2})` from dense matrices. */
export function denseThreshold(problem: Problem | ExampleHessians, weights: SamplingWeights): number {
  const { rank, c, d } = denseOperators(problem, weights);
  const size = rank * rank;
  const { values, vectors } = symmetricEigen(c, size);
  const root = new Float64Array(size * size);
  for (let k = 0; k < size; k++)
    for (let a = 0; a < size; a++)
      for (let b = 0; b < size; b++)
        root[a * size + b]! += (vectors[k * size + a]! * vectors[k * size + b]!) / Math.sqrt(values[k]!);
  return 2 / symmetricEigen(multiply(multiply(root, d, size, size, size), root, size, size, size), size).values[0]!;
}

/** The spectral radius of `Q = I − 2ηC + η²D` from dense matrices. */
export function denseRadius(problem: Problem, weights: SamplingWeights, eta: number): number {
  const { rank, c, d } = denseOperators(problem, weights);
  const one = identity(rank * rank);
  const { values } = symmetricEigen(
    one.map((value, k) => value - 2 * eta * c[k]! + eta * eta * d[k]!),
    rank * rank,
  );
  return Math.max(values[0]!, -values.at(-1)!);
}

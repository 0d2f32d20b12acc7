import { AutodiffError } from "../errors.js";
import { layersOf } from "../products/layout.js";
import type { Gram } from "./gram.js";

/** The Gauss–Newton matrix by blocks; all of it exact. */
export interface GaussNewtonBlocks {
  groups: string[];
  /** Tr G_aa of each group; they sum to Tr G. */
  traces: number[];
  /** ‖G_ab‖_F² of each pair, [a][b]; they sum to ‖G‖_F². */
  squaredNorms: number[][];
}

/**
 * How the Gauss–Newton matrix G = (1/n) JᵀJ is distributed over blocks of parameters, exact from the parts Kₐ = JₐJₐᵀ of the Gram
 * matrix: Tr G_aa = Tr Kₐ / n and ‖G_ab‖_F² = Tr(JᵦᵀJₐJₐᵀJᵦ) / n² = ⟨Kₐ, Kᵦ⟩_F / n². Derived here.
 *
 * Where the outputs are piecewise linear in the parameters of each group alone, as in ReLU networks with one layer per group, the
 * diagonal blocks of the Hessian of the square loss are those of G, almost everywhere: then Tr H is the sum of `traces`, exact
 * without any product with H.
 *
 * Cost: (nC)² operations for each pair of groups.
 *
 * @param gram - Of `gram` with `perParameter`.
 * @param groups - Names of parameters by group, each in at most one; parameters in no group count as 0. By default the layers.
 * @throws AutodiffError `INVALID_ARGUMENT` without `gram.parameters`, or for unknown names.
 */
export function gaussNewtonBlocks(
  { examples, outputs, parameters }: Gram,
  groups?: Readonly<Record<string, readonly string[]>>,
): GaussNewtonBlocks {
  if (parameters === undefined)
    refuse("the Gram matrix has no parts per parameter; compute it with { perParameter: true }");
  const size = examples * outputs;
  const entries = Object.entries(groups ?? layersOf(parameters));
  const parts = entries.map(([, names]) => {
    const [only, ...more] = names.map(
      (name) => parameters[name] ?? refuse(`the Gram matrix has no part of the parameter ${name}`),
    );
    if (only === undefined || more.length === 0) return only ?? new Float64Array(size * size);
    return only.map((value, i) => more.reduce((sum, part) => sum + part[i]!, value));
  });
  const inner = (a: Float64Array, b: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
    return sum / examples ** 2;
  };
  const squaredNorms = parts.map((): number[] => []);
  parts.forEach((part, a) => {
    for (let b = 0; b <= a; b++) squaredNorms[a]![b] = squaredNorms[b]![a] = inner(part, parts[b]!);
  });
  return {
    groups: entries.map(([name]) => name),
    traces: parts.map((part) => {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += part[i * size + i]!;
      return sum / examples;
    }),
    squaredNorms,
  };
}

function refuse(why: string): never {
  throw new AutodiffError("INVALID_ARGUMENT", `gaussNewtonBlocks: ${why}`);
}

import { norm, scale, tridiagonalEigen } from "@sgdscope/linear-algebra";
import { rademacher } from "@sgdscope/random";
import { checkInteger, checkPositive, checkRandom } from "../internal/arguments.js";
import { momentsOf, standardError } from "../internal/moments.js";
import { products, type Products } from "../internal/products.js";
import { projectOut } from "../internal/vectors.js";
import type { Estimate, LinearOperator, LongOptions } from "../operator.js";

/** A discrete measure that stands for the spectrum as one random probe sees it. */
export interface QuadratureRun {
  /** Ritz values, largest first. */
  nodes: Float64Array;
  /** Their weights, which sum to 1. */
  weights: Float64Array;
}

/** Gauss quadrature of the spectrum from independent probes. */
export interface LanczosQuadrature {
  size: number;
  runs: QuadratureRun[];
  matvecs: number;
}

/** What `lanczosQuadrature` accepts. */
export interface LanczosQuadratureOptions extends LongOptions<LanczosQuadrature> {
  /** Uniform generator on [0, 1), for the Rademacher probes. */
  random: () => number;
  /** Independent probes; 8 by default. What is far from an eigenvalue's own resolution averages over them. */
  probes?: number | undefined;
  /** Lanczos steps a probe, so products a probe; 32 by default, at most `size`. `steps` vectors are held. */
  steps?: number | undefined;
}

/** A density on a grid, with its standard error over the probes. */
export interface SpectralDensity {
  grid: Float64Array;
  density: Float64Array;
  standardError: Float64Array;
}

/**
 * The spectrum of a symmetric operator as quadrature rules, by stochastic Lanczos quadrature.
 *
 * From a probe v, m Lanczos steps with full reorthogonalisation give a tridiagonal T; its eigenvalues are nodes and the squared
 * first entries of its eigenvectors are weights of a rule that is exact for polynomials of degree 2m − 1 under the measure
 * vᵀδ(λ − A)v/‖v‖². Over Rademacher probes its mean is the eigenvalue density. With a basis that is invariant the run ends early.
 *
 * Feed the result to `spectralDensity` and `traceOfFunction`. Cost: probes·steps products, steps·size numbers. Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Ghorbani, Krishnan and Xiao (2019, arXiv 1901.10159); Golub and Welsch (1969) for nodes and weights.
 */
export async function lanczosQuadrature(
  operator: LinearOperator,
  options: LanczosQuadratureOptions,
): Promise<LanczosQuadrature> {
  const run = products("lanczosQuadrature", operator, options.signal);
  const { size } = run;
  const { random, probes = 8, steps = Math.min(32, size) } = options;
  checkRandom("lanczosQuadrature", random);
  checkInteger("lanczosQuadrature", "probes", probes, 2);
  checkInteger("lanczosQuadrature", "steps", steps, 1, size);
  const runs: QuadratureRun[] = [];
  const report = (): void =>
    options.onProgress?.({
      matvecs: run.count(),
      maxMatvecs: probes * steps,
      estimate: runs.length > 0 ? { size, runs: [...runs], matvecs: run.count() } : undefined,
    });
  for (let probe = 0; probe < probes; probe++) runs.push(await oneRun(run, rademacher(size, random), steps, report));
  return { size, runs, matvecs: run.count() };
}

async function oneRun(run: Products, v: Float64Array, steps: number, report: () => void): Promise<QuadratureRun> {
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  let next = scale(1 / norm(v), v);
  let largest = 0;
  while (true) {
    basis.push(next);
    const w = await run.apply(next);
    report();
    largest = Math.max(largest, norm(w));
    diagonal.push(projectOut(basis, w).at(-1)!);
    const rest = norm(w);
    if (basis.length === steps || rest <= 10 * Number.EPSILON * Math.sqrt(run.size) * largest) break;
    offDiagonal.push(rest);
    next = scale(1 / rest, w);
  }
  const { values, rows } = tridiagonalEigen(
    Float64Array.from(diagonal),
    Float64Array.from(offDiagonal),
    "first-components",
  );
  return { nodes: values, weights: rows.map((first) => first * first) };
}

/**
 * Tr f(A) from a quadrature: size times the mean over the probes of Σ weight·f(node).
 *
 * With f(λ) = λ it is Hutchinson's estimate of the trace, with λ² that of ‖A‖_F²: a check of a density against other estimates.
 */
export function traceOfFunction(quadrature: LanczosQuadrature, f: (eigenvalue: number) => number): Estimate {
  const { size, runs, matvecs } = quadrature;
  const moments = momentsOf(runs.map(({ nodes, weights }) => size * integrate(nodes, weights, f)));
  return { value: moments.mean, standardError: standardError(moments), matvecs };
}

/**
 * The eigenvalue density at the points of `grid`, each node a Gaussian of standard deviation `sigma`; it integrates to 1.
 *
 * One isolated eigenvalue weighs 1/size only: look at it on a logarithmic scale, or use `topEigenpairs`.
 *
 * @param sigma - In the unit of the eigenvalues; structure finer than this is smoothed away.
 */
export function spectralDensity(
  quadrature: LanczosQuadrature,
  grid: ArrayLike<number>,
  sigma: number,
): SpectralDensity {
  checkPositive("spectralDensity", "sigma", sigma);
  const height = 1 / (sigma * Math.sqrt(2 * Math.PI));
  const points = Float64Array.from(grid);
  const at = Array.from(points, (x) =>
    momentsOf(
      quadrature.runs.map(({ nodes, weights }) =>
        integrate(nodes, weights, (node) => height * Math.exp(-(((x - node) / sigma) ** 2) / 2)),
      ),
    ),
  );
  return {
    grid: points,
    density: Float64Array.from(at, ({ mean }) => mean),
    standardError: Float64Array.from(at, standardError),
  };
}

const integrate = (nodes: Float64Array, weights: Float64Array, f: (node: number) => number): number =>
  nodes.reduce((sum, node, k) => sum + weights[k]! * f(node), 0);

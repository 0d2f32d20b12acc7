import { denseMatrix, type LinearOperator } from "@sgdscope/hessian-estimators";
import { lanczosQuadrature, spectralDensity, type LanczosQuadrature } from "@sgdscope/hessian-estimators/density";
import { symmetricEigenvalues } from "@sgdscope/linear-algebra";
import type { SeededRandom } from "@sgdscope/random";
import { usageError } from "../terminal/errors.js";
import { countEigenvalues, type EigenvalueCount } from "./eigenvalue-count.js";
import { productError } from "./product-error.js";

/** Probes of a quadrature: the fewest from which intervals are reliable. */
const PROBES = 10;
/** Below it no structure shows. */
const LEAST_STEPS = 3;

/** The whole spectrum of a matrix: all eigenvalues, or quadrature rules that stand for them. */
export interface Spectrum {
  /** All P columns were multiplied, so that every eigenvalue is known to rounding. */
  exact: boolean;
  quadrature: LanczosQuadrature;
  probes: number;
  steps: number;
}

/** How many eigenvalues lie in an interval; open ends are undefined. */
export interface EigenvalueRange {
  above: number | undefined;
  upTo: number | undefined;
  count: EigenvalueCount;
}

/** The spectral density of the Hessian. */
export interface Density {
  exact: boolean;
  parameters: number;
  probes: number;
  steps: number;
  matvecs: number;
  /** Largest magnitude seen; ranges are decades below it. */
  scale: number;
  /** From the most negative eigenvalues to the largest; they cover the line. */
  ranges: EigenvalueRange[];
  /** Each eigenvalue as a Gaussian of standard deviation `sigma`, with a band of 95 %; it integrates to 1. */
  curve: { sigma: number; grid: number[]; density: number[]; lower: number[]; upper: number[] };
}

/**
 * From all columns where these are no more than `products`, else by stochastic Lanczos quadrature with ten probes and as many steps as
 * `products` allow.
 */
export async function spectrumOf(
  operator: LinearOperator,
  products: number,
  random: SeededRandom,
  report: (done: number) => void,
): Promise<Spectrum> {
  const { size } = operator;
  if (size <= products) {
    const { data } = await denseMatrix(operator, { onProgress: ({ matvecs }) => report(matvecs / size) });
    const nodes = symmetricEigenvalues(symmetrised(data, size), size);
    const rule = { nodes, weights: new Float64Array(size).fill(1 / size), residual: 0 };
    // Two equal samples: what is known has no scatter.
    const runs = [rule, rule];
    return { exact: true, quadrature: { size, runs, matvecs: size }, probes: 0, steps: size };
  }
  const steps = Math.min(size, Math.floor(products / PROBES));
  if (steps < LEAST_STEPS)
    throw usageError(
      `--products: the spectrum needs at least ${PROBES * LEAST_STEPS}, ${PROBES} probes of ${LEAST_STEPS} Lanczos steps, got ${products}`,
    );
  const quadrature = await lanczosQuadrature(operator, {
    probes: PROBES,
    steps,
    random,
    onProgress: ({ matvecs, maxMatvecs }) => report(matvecs / maxMatvecs),
  });
  return { exact: false, quadrature, probes: PROBES, steps };
}

/** Eigenvalues by decades of their magnitude, and a smooth curve. */
export function densityOf({ exact, quadrature, probes, steps }: Spectrum): Density {
  const { size, runs, matvecs } = quadrature;
  const all = runs.flatMap(({ nodes }) => [...nodes]);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const scale = Math.max(Math.abs(least), Math.abs(most));
  const rounding = productError * Math.sqrt(size) * scale;
  const edges = scale === 0 ? [] : [-1e-1, -1e-2, -1e-3, 1e-3, 1e-2, 1e-1].map((share) => share * scale);
  const ranges = [...edges, undefined].map((upTo, k): EigenvalueRange => {
    const above = k === 0 ? undefined : edges[k - 1];
    const between = [above ?? -Infinity, upTo ?? Infinity] as const;
    const count = countEigenvalues(quadrature, between, exact ? rounding : 0);
    return { above, upTo, count: exact ? whole(count) : count };
  });
  const sigma = (most - least || scale || 1) / 100;
  const points = Array.from({ length: 121 }, (_, k) => least + (k - 10) * sigma);
  const { density, lower, upper } = spectralDensity(quadrature, points, sigma);
  return {
    exact,
    parameters: size,
    probes,
    steps,
    matvecs,
    scale,
    ranges,
    curve: { sigma, grid: points, density: [...density], lower: [...lower], upper: [...upper] },
  };
}

/** Sums of weights 1/P are off by rounding. */
const whole = ({ value, standardError, atLeast, atMost }: EigenvalueCount): EigenvalueCount => ({
  value: Math.round(value),
  standardError,
  atLeast: Math.round(atLeast),
  atMost: Math.round(atMost),
});

function symmetrised(data: Float64Array, size: number): Float64Array {
  const mean = data.slice();
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++) mean[a * size + b] = (data[a * size + b]! + data[b * size + a]!) / 2;
  return mean;
}

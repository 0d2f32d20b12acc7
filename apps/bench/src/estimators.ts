/**
 * Accuracy per product of the Hessian estimators on rotated matrices with known spectra, as Markdown tables:
 *
 *   node --conditions=sgdscope-source --import tsx apps/bench/src/estimators.ts [runs=100]
 */
import { topEigenpairs, traceAndNorm, type LinearOperator } from "@sgdscope/hessian-estimators";
import { multiplyVector, orthonormalizeRows } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";

const runs = Number(process.argv[2] ?? 100);
const size = 738;

/** The ten largest and five smallest eigenvalues of a 738-parameter CNN at initialisation, tails fitted to its moments. */
const cnn = [
  ...[19.196, 14.481, 9.2249, 5.9533, 4.982, 4.6721, 4.2868, 4.2323, 4.0929, 4.0435],
  ...[-4.5713, -3.591, -2.5361, -1.9918, -1.8727],
  ...Array.from({ length: 436 }, (_, i) => 2.69 * Math.exp(-(i + 0.5) / 15)),
  ...Array.from({ length: 287 }, (_, i) => -1.27 * Math.exp(-(i + 0.5) / 15)),
];
const spectra: Record<string, number[]> = {
  "CNN at initialisation": cnn,
  "power law λᵢ = 1/i": Array.from({ length: size }, (_, i) => 1 / (i + 1)),
  "flat λᵢ = 1 + i/n": Array.from({ length: size }, (_, i) => 1 + i / size),
};

function rotated(spectrum: number[]): LinearOperator {
  const { basis } = orthonormalizeRows(gaussian(size * size, seededRandom(1).stream("basis")), size, size);
  const matrix = new Float64Array(size * size);
  spectrum.forEach((value, k) => {
    for (let i = 0; i < size; i++) {
      const c = value * basis[k * size + i]!;
      for (let j = 0; j < size; j++) matrix[i * size + j]! += c * basis[k * size + j]!;
    }
  });
  return { size, apply: (v) => Promise.resolve(multiplyVector(matrix, v, size, size)) };
}

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;
const generator = (run: number): (() => number) => seededRandom(2).stream(`run ${run}`);

async function accuracy(name: string, operator: LinearOperator, spectrum: number[]): Promise<void> {
  const truth = {
    trace: spectrum.reduce((sum, x) => sum + x, 0),
    norm: Math.sqrt(spectrum.reduce((sum, x) => sum + x * x, 0)),
  };
  for (const maxMatvecs of [12, 33, 66]) {
    const cells: string[] = [];
    for (const method of ["hutchinson", "deflated"] as const) {
      const squared = { trace: 0, norm: 0 };
      const held = { trace: 0, norm: 0 };
      for (let run = 0; run < runs; run++) {
        const estimates = await traceAndNorm(operator, { random: generator(run), maxMatvecs, method });
        for (const key of ["trace", "norm"] as const) {
          const error = estimates[key].value - truth[key];
          squared[key] += (error / truth[key]) ** 2 / runs;
          if (Math.abs(error) <= 2 * estimates[key].standardError) held[key] += 1 / runs;
        }
      }
      for (const key of ["trace", "norm"] as const)
        cells.push(`${percent(Math.sqrt(squared[key]))} (${Math.round(100 * held[key])})`);
    }
    console.log(`| ${name} | ${maxMatvecs} | ${cells.join(" | ")} |`);
  }
}

async function eigenpairs(name: string, operator: LinearOperator, spectrum: number[]): Promise<void> {
  const sorted = [...spectrum].sort((a, b) => Math.abs(b) - Math.abs(a));
  for (const count of [1, 5]) {
    let worst = 0;
    let products = 0;
    let failed = 0;
    for (let run = 0; run < runs; run++) {
      const { values, matvecs, converged } = await topEigenpairs(operator, { random: generator(run), count });
      values.forEach((value, i) => (worst = Math.max(worst, Math.abs(value / sorted[i]! - 1))));
      products += matvecs / runs;
      if (!converged.every(Boolean)) failed++;
    }
    console.log(`| ${name} | ${count} | ${products.toFixed(1)} | ${worst.toExponential(1)} | ${failed} |`);
  }
}

const operators = Object.entries(spectra).map(([name, spectrum]) => ({ name, spectrum, operator: rotated(spectrum) }));
console.log(
  `Relative RMSE over ${runs} runs (in brackets: how many of 100 runs hold the truth within 2 standard errors)\n`,
);
console.log("| spectrum | products | trace, Hutchinson | norm, Hutchinson | trace, Hutch++ | norm, deflated |");
console.log("| --- | --- | --- | --- | --- | --- |");
for (const { name, operator, spectrum } of operators) await accuracy(name, operator, spectrum);
console.log(`\nTop eigenpairs over ${runs} runs at tolerance 1e-5\n`);
console.log("| spectrum | pairs | products, mean | worst relative error | runs not converged |");
console.log("| --- | --- | --- | --- | --- |");
for (const { name, operator, spectrum } of operators) await eigenpairs(name, operator, spectrum);

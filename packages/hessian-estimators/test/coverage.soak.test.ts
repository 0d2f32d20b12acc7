import {
  confidenceInterval,
  curvature,
  deflatedNorm,
  diagonalIntervals,
  hutchinsonNorm,
  hutchinsonTrace,
  hutchPlusPlusTrace,
  xDiagonal,
  xTrace,
  type SampledEstimate,
} from "@sgdscope/hessian-estimators";
import { lanczosQuadrature, spectralDensity } from "@sgdscope/hessian-estimators/density";
import { logDeterminant, participationRatio, stableRank } from "@sgdscope/hessian-estimators/functions";
import { afterAll, describe, expect, test } from "vitest";
import { frobenius, mean, sum, withSpectrum, type CountedOperator } from "./support.js";

const TRIALS = 400;
/** Two binomial standard deviations of a coverage of 95 % beside the band that is promised. */
const TOLERANCE = 2 * Math.sqrt((0.95 * 0.05) / TRIALS);
const BAND = [0.93 - TOLERANCE, 0.97 + TOLERANCE] as const;

const list = <T = number>(length: number, of: (i: number) => T): T[] => Array.from({ length }, (_, i) => of(i));
const SPECTRA: Record<string, number[]> = {
  "flat: 1 + i/n": list(120, (i) => 1 + i / 120),
  "one outlier": [100, ...list(149, () => 1)],
  "1/i": list(150, (i) => 1 / (i + 1)),
  "1/i²": list(150, (i) => 1 / (i + 1) ** 2),
  "two clusters": [...list(25, (i) => 10 + i / 250), ...list(25, (i) => 1 + i / 250)],
  "rank 3 + noise": [30, 20, 10, ...list(177, (i) => 0.01 * (1 + i / 177))],
  indefinite: list(120, (i) => (i % 2 === 1 ? -1 : 1) * (1 + 5 * Math.exp(-i / 10))),
};

/** Intervals of one trial, each with the true value, or the reason why they are not to be trusted. */
type Trial = string | { lower: number; upper: number; truth: number }[];
interface Subject {
  operator: CountedOperator;
  spectrum: readonly number[];
}

const held = (estimate: SampledEstimate, truth: number): Trial =>
  estimate.coverage === "unreliable" ? estimate.reason! : [{ ...confidenceInterval(estimate), truth }];
const tr = ({ spectrum }: Subject): number => sum(spectrum);
const fro = ({ spectrum }: Subject): number => frobenius(spectrum);
const shiftOf = ({ spectrum }: Subject): number => Math.max(0.1, -1.1 * Math.min(...spectrum));
const rules = ({ operator }: Subject, seed: number, probes: number, steps: number) =>
  lanczosQuadrature(operator, { seed, probes, steps });

const ESTIMATORS: Record<string, (subject: Subject, seed: number) => Promise<Trial>> = {
  "hutchinsonTrace, 12": async (s, seed) => held(await hutchinsonTrace(s.operator, { seed, maxMatvecs: 12 }), tr(s)),
  "hutchinsonTrace, 33": async (s, seed) => held(await hutchinsonTrace(s.operator, { seed, maxMatvecs: 33 }), tr(s)),
  "hutchPlusPlusTrace, 12": async (s, seed) =>
    held(await hutchPlusPlusTrace(s.operator, { seed, maxMatvecs: 12 }), tr(s)),
  "hutchPlusPlusTrace, 33": async (s, seed) =>
    held(await hutchPlusPlusTrace(s.operator, { seed, maxMatvecs: 33 }), tr(s)),
  "xTrace, 32": async (s, seed) => held(await xTrace(s.operator, { seed, maxMatvecs: 32 }), tr(s)),
  "hutchinsonNorm, 33": async (s, seed) => held(await hutchinsonNorm(s.operator, { seed, maxMatvecs: 33 }), fro(s)),
  "deflatedNorm, 33": async (s, seed) => held(await deflatedNorm(s.operator, { seed, maxMatvecs: 33 }), fro(s)),
  "xDiagonal, 32": async ({ operator }, seed) => {
    const diagonal = await xDiagonal(operator, { seed, maxMatvecs: 32 });
    const { lower, upper } = diagonalIntervals(diagonal);
    const { matrix, size } = operator;
    return list(size, (i) => ({ lower: lower[i]!, upper: upper[i]!, truth: matrix[i * (size + 1)]! }));
  },
  "logDeterminant, 8 × 12": async (s, seed) => {
    const shift = shiftOf(s);
    return held(
      logDeterminant(await rules(s, seed, 8, 12), { shift }),
      sum(s.spectrum.map((x) => Math.log(x + shift))),
    );
  },
  "logDeterminant, 12 × 12": async (s, seed) => {
    const shift = shiftOf(s);
    return held(
      logDeterminant(await rules(s, seed, 12, 12), { shift }),
      sum(s.spectrum.map((x) => Math.log(x + shift))),
    );
  },
  "logDeterminant, 12 × 3, shift 0.01": async (s, seed) => {
    const shift = shiftOf(s) - 0.09;
    return held(
      logDeterminant(await rules(s, seed, 12, 3), { shift }),
      sum(s.spectrum.map((x) => Math.log(x + shift))),
    );
  },
  "spectralDensity, 12 × 16": async (s, seed) => {
    const [least, most] = [Math.min(...s.spectrum), Math.max(...s.spectrum)];
    const sigma = (most - least) / 20;
    const grid = list(25, (i) => least + (i / 24) * (most - least));
    const density = spectralDensity(await rules(s, seed, 12, 16), grid, sigma);
    if (density.coverage) return density.reason!;
    return grid.map((x, i) => ({
      lower: density.lower[i]!,
      upper: density.upper[i]!,
      truth: mean(s.spectrum.map((l) => Math.exp(-(((x - l) / sigma) ** 2) / 2) / (sigma * Math.sqrt(2 * Math.PI)))),
    }));
  },
  "participationRatio, 12 × 12": async (s, seed) =>
    held(participationRatio(await rules(s, seed, 12, 12)), (tr(s) / fro(s)) ** 2),
  "stableRank, 12 × 12": async (s, seed) =>
    held(stableRank(await rules(s, seed, 12, 12)), (fro(s) / Math.max(...s.spectrum.map(Math.abs))) ** 2),
  "curvature, trace, 40": async (s, seed) =>
    held((await curvature(s.operator, { seed, maxMatvecs: 40, probes: 10, diagonal: false })).trace, tr(s)),
};

const report: string[][] = [];
afterAll(() => {
  if (process.env["SGDSCOPE_REPORT"])
    console.log([["", ...Object.keys(SPECTRA)], ...report].map((row) => `| ${row.join(" | ")} |`).join("\n"));
});

describe.each(Object.entries(ESTIMATORS))("95 % intervals of %s", { timeout: 1_200_000 }, (name, run) => {
  const row = [name];
  report.push(row);
  test.each(Object.entries(SPECTRA))(
    `hold the truth in 93 to 97 % of ${TRIALS} runs, or say so: %s`,
    async (_, spectrum) => {
      const subject = { operator: withSpectrum(spectrum, 3), spectrum };
      let [within, count, refused, exact] = [0, 0, 0, 0];
      for (let seed = 0; seed < TRIALS; seed++) {
        const trial = await run(subject, seed);
        if (typeof trial === "string") refused++;
        else
          for (const { lower, upper, truth } of trial) {
            const rounding = 1e-12 * Math.max(...trial.map((one) => Math.abs(one.truth)));
            count++;
            if (upper - lower <= rounding) exact++;
            if (lower - rounding <= truth && truth <= upper + rounding) within++;
          }
      }
      const share = within / count;
      const cell = count === 0 ? "–" : exact === count ? "exact" : (100 * share).toFixed(1);
      row.push(refused === 0 || count === 0 ? cell : `${cell} (– in ${((100 * refused) / TRIALS).toFixed(0)} %)`);
      // Too few runs that are not refused say nothing, and refusing most runs says what there is to say.
      if (refused > TRIALS / 2) return;
      if (exact === count) expect(share).toBe(1);
      else {
        expect(share).toBeGreaterThanOrEqual(BAND[0]);
        expect(share).toBeLessThanOrEqual(BAND[1]);
      }
    },
  );
});

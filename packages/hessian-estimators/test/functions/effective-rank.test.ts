import type { LanczosQuadrature } from "@sgdscope/hessian-estimators/density";
import { lanczosQuadrature } from "@sgdscope/hessian-estimators/density";
import { entropyRank, participationRatio, stableRank } from "@sgdscope/hessian-estimators/functions";
import { describe, expect, test } from "vitest";
import { shorterRules } from "../../src/density/rule.js";
import { mean, sum, withSpectrum } from "../support.js";

const SIZE = 10;
const rule = (nodes: number[], weights: number[]) => ({
  nodes: Float64Array.from(nodes),
  weights: Float64Array.from(weights),
});
const of = (...rules: [number[], number[]][]): LanczosQuadrature => ({
  size: SIZE,
  matvecs: 2 * rules.length,
  runs: rules.map(([nodes, weights]) => rule(nodes, weights)),
});
/** Four probes of an indefinite operator whose eigenvalue of largest magnitude is negative. */
const four: [number[], number[]][] = [
  [
    [3, 1, -4],
    [0.5, 0.25, 0.25],
  ],
  [
    [2.5, 0, -3],
    [0.6, 0.2, 0.2],
  ],
  [
    [3, 2, -1],
    [0.4, 0.4, 0.2],
  ],
  [
    [2, 1, 0.5],
    [0.5, 0.3, 0.2],
  ],
];
const traces = (f: (x: number) => number, rules = four): number[] =>
  rules.map(([nodes, weights]) => SIZE * sum(nodes.map((x, k) => weights[k]! * f(x))));
const others = (values: number[], i: number): number => mean(values.filter((_, k) => k !== i));

const mass = (x: number): number => Math.abs(x);
const logs = (x: number): number => (x === 0 ? 0 : Math.abs(x) * Math.log(Math.abs(x)));
const square = (x: number): number => x * x;
const ranks: [
  string,
  (q: LanczosQuadrature) => ReturnType<typeof participationRatio>,
  ((x: number) => number)[],
  (...means: number[]) => number,
][] = [
  ["participationRatio", participationRatio, [(x) => x, square], (trace, squares) => trace ** 2 / squares],
  ["entropyRank", entropyRank, [mass, logs], (whole, along) => whole * Math.exp(-along / whole)],
  ["stableRank by the largest node", (q) => stableRank(q), [square], (squares) => squares / 16],
  ["stableRank by the norm", (q) => stableRank(q, 5), [square], (squares) => squares / 25],
];

describe.each(ranks)("%s", (_, rank, functions, g) => {
  test("is that of the means, with Tukey's jackknife over the probes", () => {
    const samples = functions.map((f) => traces(f));
    const found = rank(of(...four));
    const without = four.map((_rule, i) => g(...samples.map((values) => others(values, i))));
    const center = mean(without);
    const standardError = Math.sqrt((3 / 4) * sum(without.map((x) => (x - center) ** 2)));
    expect(found.value).toBeCloseTo(g(...samples.map(mean)), 12);
    expect(found.standardError).toBeCloseTo(standardError, 12);
    expect(found).toMatchObject({ samples: 4, matvecs: 8, converged: true });
  });

  test("is skewed as its linearisation is", () => {
    const samples = functions.map((f) => traces(f));
    const means = samples.map(mean);
    const slopes = means.map((value, k) => {
      const at = (sign: number): number => g(...means.map((x, l) => (l === k ? x + sign * 1e-6 * value : x)));
      return (at(1) - at(-1)) / (2e-6 * value);
    });
    const along = four.map((_rule, i) => sum(slopes.map((slope, k) => slope * samples[k]![i]!)));
    const center = mean(along);
    const variance = sum(along.map((x) => (x - center) ** 2)) / 3;
    const skewness = (mean(along.map((x) => (x - center) ** 3)) / variance ** 1.5) * (1 + 6 / 4);
    expect(rank(of(...four)).skewness).toBeCloseTo(skewness, 4);
  });

  test("of probes that agree has no error, and needs no more of them", () => {
    const found = rank(of(four[0]!, four[0]!));
    expect(found.value).toBeCloseTo(g(...functions.map((f) => traces(f)[0]!)), 12);
    expect(found.standardError).toBeLessThan(1e-12);
  });
});

describe("the interval of a ratio", () => {
  const many = (spread: number): LanczosQuadrature =>
    of(
      ...Array.from({ length: 12 }, (_, i): [number[], number[]] => [
        [3 * Math.exp(spread * Math.sin(5 * i)), 1],
        [0.5, 0.5],
      ]),
    );

  test("is unreliable where the probes scatter too much for the ratio to be linear, and only there", () => {
    expect(participationRatio(many(0.1)).coverage).toBeUndefined();
    expect(participationRatio(many(1))).toMatchObject({
      coverage: "unreliable",
      reason: expect.stringContaining("scatter too much") as string,
    });
    // The stable rank by a norm is linear in its one mean: there is no bias.
    expect(stableRank(many(1), 50).coverage).toBeUndefined();
  });

  test("is flagged from a jackknife bias of a quarter of the standard error on", () => {
    const flags = [0.01, 0.1, 0.2, 0.3, 0.33, 0.36, 0.4, 0.5, 1, 1.5, 2, 3].map((spread) => {
      const q = many(spread);
      const t = q.runs.map(({ nodes }) => (SIZE * (nodes[0]! + 1)) / 2);
      const s = q.runs.map(({ nodes }) => (SIZE * (nodes[0]! ** 2 + 1)) / 2);
      const without = t.map((_, i) => others(t, i) ** 2 / others(s, i));
      const error = Math.sqrt((11 / 12) * sum(without.map((x) => (x - mean(without)) ** 2)));
      const bias = 11 * (mean(without) - mean(t) ** 2 / mean(s));
      const expected = Math.abs(bias) > 0.25 * error;
      expect(participationRatio(q).coverage === "unreliable", `spread ${spread}`).toBe(expected);
      return expected;
    });
    expect(new Set(flags).size).toBe(2);
  });

  test("is unreliable where the growth of the largest Ritz value moves it by more than a quarter of its error", async () => {
    const flags = new Set<boolean>();
    for (const scale of [0.01, 1, 100])
      for (const steps of [4, 6, 8, 9, 10, 12, 16, 24]) {
        const slow = withSpectrum(Array.from({ length: 60 }, (_, i) => scale * (1 - i / 60)));
        const q = await lanczosQuadrature(slow, { seed: 2, probes: 12, steps });
        const top = (of: typeof q.runs): number => Math.max(...of.map(({ nodes }) => Math.abs(nodes[0]!)));
        const grown = 1 - top(q.runs.map((run) => shorterRules(run)[0]!)) / top(q.runs);
        const { value, standardError, coverage } = stableRank(q);
        const expected = 2 * value * grown > 0.25 * standardError;
        expect(coverage === "unreliable", `${steps} steps, scale ${scale}`).toBe(expected);
        flags.add(expected);
      }
    expect(flags.size).toBe(2);
  });

  test("is unreliable where the largest Ritz value still grows, unless the norm is given", async () => {
    const slow = withSpectrum(Array.from({ length: 60 }, (_, i) => 1 - i / 60));
    const rules = (steps: number) => lanczosQuadrature(slow, { seed: 2, probes: 12, steps });
    const short = await rules(4);
    expect(stableRank(short)).toMatchObject({
      coverage: "unreliable",
      reason: expect.stringContaining("pass `largest`") as string,
    });
    expect(stableRank(short, 1).coverage).toBeUndefined();
    expect(stableRank(await rules(40)).coverage).toBeUndefined();
  });
});

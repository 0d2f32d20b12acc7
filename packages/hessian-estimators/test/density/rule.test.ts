import { lanczosQuadrature } from "@sgdscope/hessian-estimators/density";
import { logDeterminant, traceOfFunction } from "@sgdscope/hessian-estimators/functions";
import { describe, expect, test } from "vitest";
import { shorterRules } from "../../src/density/rule.js";
import { sum, withSpectrum } from "../support.js";

const spectrum = Array.from({ length: 60 }, (_, i) => 2 ** (-i / 6));
const operator = withSpectrum(spectrum);
const rules = async (steps: number) => (await lanczosQuadrature(operator, { seed: 3, probes: 8, steps })).runs;

describe("a rule restored with fewer steps", () => {
  test("is the rule of fewer steps", async () => {
    const [whole, less, least] = [await rules(9), await rules(8), await rules(7)];
    whole.forEach((run, i) =>
      shorterRules(run).forEach((shorter, by) => {
        const expected = [less, least][by]![i]!;
        expect(shorter.nodes.length).toBe(expected.nodes.length);
        shorter.nodes.forEach((node, k) => expect(node).toBeCloseTo(expected.nodes[k]!, 10));
        shorter.weights.forEach((weight, k) => expect(weight).toBeCloseTo(expected.weights[k]!, 10));
      }),
    );
    expect(whole.every((run) => shorterRules(run).length === 2)).toBe(true);
  });

  test("is not needed where the rule is exact for its probe, or so short that it says nothing", async () => {
    const low = withSpectrum([5, 4, 3, 2, 1, ...new Array<number>(30).fill(0)]);
    const { runs } = await lanczosQuadrature(low, { seed: 3, probes: 2, steps: 20 });
    expect(runs.every(({ residual }) => residual === 0)).toBe(true);
    expect(runs.map((run) => shorterRules(run).length)).toEqual([0, 0]);
    expect(shorterRules((await rules(2))[0]!)).toEqual([]);
  });
});

describe("the error of a rule with too few steps", () => {
  const truth = sum(spectrum.map((x) => Math.log(x + 1e-3)));
  const estimate = async (steps: number) =>
    logDeterminant(await lanczosQuadrature(operator, { seed: 3, probes: 400, steps }), { shift: 1e-3 });

  test("is bounded by `bias`, which shrinks with the steps", async () => {
    const [short, long] = [await estimate(6), await estimate(14)];
    expect(Math.abs(short.value - truth)).toBeLessThan(short.bias! + 3 * short.standardError);
    expect(Math.abs(short.value - truth)).toBeGreaterThan(3 * short.standardError);
    expect(long.bias!).toBeLessThan(short.bias! / 3);
  });

  test("makes the interval unreliable where it is above the standard error, and is absent where the rule is exact", async () => {
    const short = await estimate(6);
    expect(short.bias!).toBeGreaterThan(short.standardError);
    expect(short).toMatchObject({ coverage: "unreliable" });
    expect(short.reason).toContain("too few steps");
    const linear = traceOfFunction(await lanczosQuadrature(operator, { seed: 3, probes: 12, steps: 6 }), (x) => x);
    expect(linear.coverage).toBeUndefined();
    expect(linear.bias ?? 0).toBeLessThan(1e-10);
  });
});

import { spectralDensity, type LanczosQuadrature } from "@sgdscope/hessian-estimators/density";
import { confidenceInterval } from "@sgdscope/hessian-estimators";
import { traceOfFunction } from "@sgdscope/hessian-estimators/functions";
import { describe, expect, test } from "vitest";

const run = (nodes: number[], weights: number[], residual?: number) => ({
  nodes: Float64Array.from(nodes),
  weights: Float64Array.from(weights),
  ...(residual === undefined ? {} : { residual }),
});
const normal = (x: number, center: number, sigma: number): number =>
  Math.exp(-(((x - center) / sigma) ** 2) / 2) / (sigma * Math.sqrt(2 * Math.PI));
const probes = Array.from({ length: 12 }, (_, i) => run([2 + i / 20, -1], [0.5, 0.5]));
const quadrature: LanczosQuadrature = { size: 30, matvecs: 24, runs: probes };

describe("the density of rules", () => {
  const grid = [-1.2, -1, 0, 2, 2.3, 5];
  const sigma = 0.25;

  test("has a Gaussian per node, of its weight, and the scatter of the probes", () => {
    const found = spectralDensity(quadrature, grid, sigma);
    expect([...found.grid]).toEqual(grid);
    expect(found.coverage).toBeUndefined();
    grid.forEach((x, at) => {
      const expected = probes.reduce(
        (sum, { nodes, weights }) =>
          sum + nodes.reduce((all, node, k) => all + weights[k]! * normal(x, node, sigma), 0),
        0,
      );
      expect(found.density[at]).toBeCloseTo(expected / 12, 12);
      const share = traceOfFunction(quadrature, (node) => normal(x, node, sigma) / 30);
      expect(found.standardError[at]).toBeCloseTo(share.standardError, 12);
      for (const level of [0.5, 0.95]) {
        const band = spectralDensity(quadrature, grid, sigma, level);
        const { lower, upper } = confidenceInterval(share, level);
        expect(band.lower[at]).toBeCloseTo(Math.max(0, lower), 12);
        expect(band.upper[at]).toBeCloseTo(upper, 12);
      }
      expect(found.lower[at]).toBeCloseTo(Math.max(0, confidenceInterval(share, 0.95).lower), 12);
    });
  });

  test("reaches nine standard deviations on either side of a node", () => {
    const one = { size: 1, matvecs: 2, runs: [run([0], [1]), run([0], [1])] };
    const { density } = spectralDensity(one, [-9.01, -8.9, 0, 8.9, 9.01], 1);
    expect([density[0], density[4]]).toEqual([0, 0]);
    expect(density[2]).toBeCloseTo(normal(0, 0, 1), 14);
    for (const at of [1, 3]) expect(density[at]! / normal(8.9, 0, 1)).toBeCloseTo(1, 10);
  });

  test("is unreliable where more than one point in twenty is, of those that count", () => {
    // Rules of two nodes that did not end by themselves say nothing of what they lack.
    const open = { ...quadrature, runs: probes.map((rule) => ({ ...rule, residual: 0.1 })) };
    const far = Array.from({ length: 99 }, () => 1000);
    expect(spectralDensity(open, [2], sigma)).toMatchObject({
      coverage: "unreliable",
      reason: expect.stringContaining("too few steps") as string,
    });
    // Of a hundred points, five count and are in doubt; six are too many.
    const few = [-1, -1.1, 2, 2.1, 2.2];
    expect(spectralDensity(open, [...few, ...far.slice(0, 95)], sigma).coverage).toBeUndefined();
    expect(spectralDensity(open, [...few, 2.3, ...far.slice(0, 94)], sigma).coverage).toBe("unreliable");
  });

  test.each([0.01, 0.25, 10])("does not count points below a thousandth of its peak, σ = %d", (width) => {
    const open = {
      size: 5,
      matvecs: 24,
      runs: Array.from({ length: 12 }, () => run([0, -1e6], [0.5, 0.5], 0.1)),
    };
    const at = (share: number): number => width * Math.sqrt(-2 * Math.log(share));
    // The peak is in doubt and one point of 30; a second one is too many.
    const grid = (share: number): number[] => [0, at(share), ...Array.from({ length: 28 }, () => 1e5)];
    expect(spectralDensity(open, grid(0.9e-3), width).coverage).toBeUndefined();
    expect(spectralDensity(open, grid(1.1e-3), width).coverage).toBe("unreliable");
  });

  test("of few probes says so", () => {
    const found = spectralDensity({ ...quadrature, runs: probes.slice(0, 5) }, [2, 2.1, 2.2], sigma);
    expect(found).toMatchObject({
      coverage: "unreliable",
      reason: "5 independent samples do not show how skewed they are; 10 or more are needed",
    });
  });
});

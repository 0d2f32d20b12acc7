import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sgdscope-scales-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const analyzed = async (scale: number, residuals: number[], ...more: string[]) => {
  const gram = [1, 0, 1, 0, 4, 2, 1, 2, 2].map((value) => value * scale);
  await writeFile(join(folder, "K.json"), JSON.stringify([gram.slice(0, 3), gram.slice(3, 6), gram.slice(6)]));
  await writeFile(join(folder, "r.json"), JSON.stringify(residuals));
  return sgdscope(
    ...["analyze", "--gram", join(folder, "K.json"), "--residuals", join(folder, "r.json"), "--outputs", "1"],
    ...["--batch-size", "1,2", "--json", ...more],
  );
};

interface Document {
  noise: { alignmentFactor: number; directionAlignment: number };
  scales: { curvatureWeightedNoiseScale: number; batchSharpness: number };
  conditions: { criticalLearningRate: number; verdict: { edgeRatio: number } }[];
  dynamics: { cloud: { squaredDistance: number; excessLoss: number } }[];
}

describe("analyze of a minimum in very small or very large units", () => {
  const residuals = [1, -1, 2];

  it.each([1e-170, 1e160])("K times %d has 1/s times the thresholds and the same factors", async (scale) => {
    const judged = (s: number) => ["--learning-rate", String(0.1 / s), "--cloud"];
    const own = JSON.parse((await analyzed(1, residuals, ...judged(1))).stdout) as Document;
    const { exitCode, stdout, stderr } = await analyzed(scale, residuals, ...judged(scale));
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("printed as 0 or ∞")]);
    const found = JSON.parse(stdout) as Document;
    expect(found.noise.alignmentFactor / own.noise.alignmentFactor).toBeCloseTo(1, 10);
    expect(found.noise.directionAlignment / own.noise.directionAlignment).toBeCloseTo(1, 10);
    expect(found.scales.curvatureWeightedNoiseScale / own.scales.curvatureWeightedNoiseScale).toBeCloseTo(1, 10);
    expect(found.scales.batchSharpness / scale / own.scales.batchSharpness).toBeCloseTo(1, 10);
    for (const [k, { criticalLearningRate, verdict }] of found.conditions.entries()) {
      expect((criticalLearningRate * scale) / own.conditions[k]!.criticalLearningRate).toBeCloseTo(1, 10);
      expect(verdict.edgeRatio / own.conditions[k]!.verdict.edgeRatio).toBeCloseTo(1, 10);
      const [cloud, other] = [found.dynamics[k]!.cloud, own.dynamics[k]!.cloud];
      expect((cloud.squaredDistance * scale) / other.squaredDistance).toBeCloseTo(1, 8);
      expect(cloud.excessLoss / other.excessLoss).toBeCloseTo(1, 8);
    }
  });

  it("names the residuals where their loss is no Float64", async () => {
    const { exitCode, stderr } = await analyzed(1, [1e200, 1, 1]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^error: --residuals: expected .* got .*1e\+200/)]);
  });
});

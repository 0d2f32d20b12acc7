import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-bernoulli-"));
  await writeFile(join(folder, "K.json"), "[[3, 0, 0], [0, 2, 0], [0, 0, 1]]");
  await writeFile(join(folder, "r.json"), "[0.3, -0.2, 0.1]");
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const analyzed = (batch: string, sampling: string) =>
  sgdscope(
    ...["analyze", "--gram", join(folder, "K.json"), "--residuals", join(folder, "r.json"), "--outputs", "1"],
    ...["--batch-size", batch, "--sampling", sampling, "--json", "--quiet"],
  );

describe("a batch size that is no whole number", () => {
  it("is the expected size of Bernoulli batches: η* is 2B/K_max for orthogonal examples", async () => {
    const { exitCode, stdout, stderr } = await analyzed("2,2.5,3", "bernoulli");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { conditions } = JSON.parse(stdout) as {
      conditions: { batchSize: number; threshold: { criticalLearningRate: number; converged: boolean } }[];
    };
    expect(conditions.map(({ batchSize }) => batchSize)).toEqual([2, 2.5, 3]);
    // Each example alone: (1 − ηK/n)² + (1/q − 1)(ηK/n)² = 1 with q = B/n, so η* = 2q·n/K = 2B/K.
    for (const { batchSize, threshold } of conditions) {
      expect(threshold.criticalLearningRate / ((2 * batchSize) / 3)).toBeCloseTo(1, 9);
      expect(threshold.converged).toBe(true);
    }
  });

  const trained = (batch: string, sampling: string) =>
    sgdscope(
      ...[
        "train",
        "--data",
        "synthetic",
        "--count",
        "6",
        "--widths",
        "3",
        "--learning-rate",
        "0.01",
        "--max-steps",
        "40",
      ],
      ...["--backend", "cpu", "--every", "10", "--out", join(folder, "runs"), "--json", "--quiet"],
      ...["--batch-size", batch, "--sampling", sampling],
    );

  it("trains, and the record holds it", async () => {
    const { exitCode, stdout, stderr } = await trained("2.5", "bernoulli");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ record: { batchSize: 2.5, sampling: "bernoulli", steps: 40 } });
    const other = await trained("2.5", "with-replacement");
    expect([other.exitCode, other.stderr]).toEqual([
      2,
      expect.stringContaining("--batch-size: expected a whole number from 1 up"),
    ]);
  });

  it("is refused for other batches, by the name of the option", async () => {
    const { exitCode, stderr } = await analyzed("2.5", "without-replacement");
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining("--batch-size: expected whole numbers from 1 up, got 2.5"),
    ]);
  });
});

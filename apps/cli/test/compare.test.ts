import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

let folder: string;
let source: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-compare-"));
  await writeFile(join(folder, "K.json"), "[[2, 0, 1], [0, 4, 2], [1, 2, 2]]");
  await writeFile(join(folder, "r.json"), "[1, -1, 2]");
  source = ["--gram", join(folder, "K.json"), "--residuals", join(folder, "r.json")];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  schema: string;
  sampling: string;
  batches: {
    batchSize: number;
    criteria: { criterion: string; criticalLearningRate: number | null; ratioToExact: number | null }[];
  }[];
}

const values = (document: Document): Record<string, number | null>[] =>
  document.batches.map(({ criteria }) =>
    Object.fromEntries(criteria.map(({ criterion, criticalLearningRate }) => [criterion, criticalLearningRate])),
  );

describe("compare on Gaussian inputs", () => {
  it("has the exact thresholds near .33, .58, 1.31, 1.74 and the other formulas above them", async () => {
    const { exitCode, stdout } = await sgdscope("compare", "--json");
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout) as Document;
    expect(document).toMatchObject({ schema: "sgdscope/compare@1", sampling: "with-replacement", rank: 8 });
    expect(document.batches.map(({ batchSize }) => batchSize)).toEqual([1, 2, 8, 32]);
    const reference = [0.33, 0.5831, 1.3139, 1.7385];
    values(document).forEach((row, k) => {
      // Draws of 200 inputs differ by some per cent; the ratio to the formula for the population is the same for all.
      expect(Math.abs(row["exact"]! / reference[k]! - 1)).toBeLessThan(0.15);
      expect(Math.abs(row["gaussian"]! / row["exact"]! - 1)).toBeLessThan(0.1);
      for (const name of ["decoupled", "trace", "frobenius", "gradientDescent"])
        expect(row[name]!).toBeGreaterThan(row["exact"]!);
    });
    for (const { criteria } of document.batches)
      for (const { criticalLearningRate, ratioToExact } of criteria)
        expect(ratioToExact).toBe(criticalLearningRate! / criteria[0]!.criticalLearningRate!);
  });

  it("is the same for the same seed and another for another", async () => {
    // One after the other: each captures what the process prints.
    const first = await sgdscope("compare", "--seed", "7");
    const again = await sgdscope("compare", "--seed", "7");
    const other = await sgdscope("compare", "--seed", "8");
    expect(first.stdout).toContain("seed 7");
    expect(again.stdout).toBe(first.stdout);
    expect(other.stdout.split("\n").slice(1)).not.toEqual(first.stdout.split("\n").slice(1));
  });
});

describe("compare on a minimum", () => {
  it("has the known answers, and no limit from noise at the full batch", async () => {
    const { stdout } = await sgdscope("compare", ...source, "--batch-size", "1,2,3", "--json");
    const document = JSON.parse(stdout) as Document;
    expect(document.sampling).toBe("without-replacement");
    const [, two, full] = values(document);
    expect(two!["exact"]).toBeCloseTo(0.937005453848, 11);
    expect(two!["decoupled"]).toBeCloseTo(1.072578402337, 11);
    expect(two!["gaussian"]).toBeCloseTo(0.734223723795, 11);
    expect(full).toMatchObject({ trace: null, frobenius: null });
    expect(full!["exact"]).toBe(full!["gradientDescent"]);
  });

  it("prints values and ratios", async () => {
    const { stdout } = await sgdscope("compare", ...source, "--batch-size", "2,3");
    expect(stdout).toMatch(/^2 +0\.9370 +0\.7342 +1\.073 +3\.000 +1\.029 +1\.127$/m);
    expect(stdout).toMatch(/^2 +0\.7836 +1\.145 +3\.202 +1\.098 +1\.203$/m);
    expect(stdout).toMatch(/^3 .*∞ +∞ +1\.127$/m);
  });

  it.each([
    [["--residuals", "r.json"], "expected --gram <file>, --jacobian <file> or --run <folder>, got none"],
    [["SOURCE"], "--batch-size: expected at most the 3 examples, got 8"],
    [["SOURCE", "--sampling", "bernoulli"], "Allowed choices are with-replacement, without-replacement"],
  ])("refuses %j", async (args, message) => {
    const { exitCode, stderr } = await sgdscope(
      "compare",
      ...args.flatMap((arg) => (arg === "SOURCE" ? source : [arg])),
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

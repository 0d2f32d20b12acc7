import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { gaussian, seededRandom } from "@sgdscope/random";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

const EXAMPLES = 60;
let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-interval-"));
  const random = seededRandom(3);
  const jacobian = gaussian(EXAMPLES * 70, random).map((value, k) => value * (1 + (k % 70)) ** -0.6);
  const [path, residuals] = [join(folder, "J.npy"), join(folder, "r.npy")];
  await writeArrays(path, { J: { data: jacobian, shape: [EXAMPLES, 70] } });
  await writeArrays(residuals, { r: { data: gaussian(EXAMPLES, random), shape: [EXAMPLES] } });
  files = ["analyze", "--jacobian", path, "--residuals", residuals, "--batch-size"];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  schema: string;
  modes: number;
  conditions: { batchSize: number; lower: number; upper: number; verdict: string | null }[];
}
const documentOf = async (...args: string[]): Promise<Document> =>
  JSON.parse((await sgdscope(...files, ...args, "--json", "--quiet")).stdout) as Document;

describe("analyze --modes", () => {
  it("prints an interval that holds what analyze says exactly", async () => {
    const exact = JSON.parse((await sgdscope(...files, "1,8,60", "--json", "--quiet")).stdout) as {
      conditions: { batchSize: number; criticalLearningRate: number }[];
    };
    const { schema, modes, conditions } = await documentOf("1,8,60", "--modes", "25");
    expect(schema).toBe("sgdscope/analyze-interval@1");
    expect(modes).toBeLessThanOrEqual(25);
    expect(conditions).toHaveLength(3);
    for (const [k, { batchSize, lower, upper, verdict }] of conditions.entries()) {
      const { criticalLearningRate, ...other } = exact.conditions[k]!;
      expect(batchSize).toBe(other.batchSize);
      expect(lower).toBeLessThanOrEqual(criticalLearningRate * (1 + 1e-9));
      expect(upper).toBeGreaterThanOrEqual(criticalLearningRate * (1 - 1e-9));
      expect(verdict).toBeNull();
    }
  });

  it("judges a learning rate outside the interval, and none within", async () => {
    const { lower, upper } = (await documentOf("1", "--modes", "25")).conditions[0]!;
    for (const [rate, verdict] of [
      [0.99 * lower, "stable"],
      [(lower + upper) / 2, "undecided"],
      [1.01 * upper, "unstable"],
    ] as const)
      expect((await documentOf("1", "--modes", "25", "--learning-rate", String(rate))).conditions[0]!.verdict).toBe(
        verdict,
      );
    const { stdout } = await sgdscope(...files, "1", "--modes", "25", "--learning-rate", String((lower + upper) / 2));
    expect(stdout).toMatch(/^SGD \(without-replacement\) stays at this minimum in mean square up to a threshold/);
    expect(stdout).toContain("Undecided: η lies inside the interval; more --modes narrow it.");
    expect(stdout).toMatch(/\d+ of 60 modes were taken exactly, and bounds hold whatever the others are/);
  });

  it.each<[string[], RegExp]>([
    [["--modes", "0"], /--modes/],
    [["--modes", "9", "--momentum", "0.9"], /--modes: expected plain SGD beside it, got SGD with momentum β = 0\.9/],
    [["--modes", "9", "--cloud"], /--cloud: expected no --modes beside it/],
    [["--modes", "9", "--sources"], /--sources: expected no --modes beside it/],
  ])("refuses %j", async (args, message) => {
    const { exitCode, stderr } = await sgdscope(...files, "1", ...args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });

  it("says that few modes are too few", async () => {
    const { exitCode, stderr } = await sgdscope(...files, "8", "--modes", "1", "--quiet");
    expect(stderr).toMatch(/^error: --modes: expected as many modes as/m);
    expect(exitCode).toBe(2);
  });
});

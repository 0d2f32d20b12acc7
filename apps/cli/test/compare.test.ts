import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

let folder: string;
let source: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-compare-"));
  await writeFile(join(folder, "K.json"), "[[2, 0, 1], [0, 4, 2], [1, 2, 2]]");
  await writeFile(join(folder, "r.json"), "[1, -1, 2]");
  await writeFile(join(folder, "wide.json"), "[[1, 2]]");
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

it("takes of its own batch sizes those that the examples allow", async () => {
  const sizes = async (...argv: string[]) =>
    (JSON.parse((await sgdscope("compare", ...argv, "--json")).stdout) as Document).batches.map((row) => row.batchSize);
  expect(await sizes(...source, "--outputs", "1")).toEqual([1, 2]);
});

describe("compare on Gaussian inputs", () => {
  it("has the exact thresholds near .33, .58, 1.31, 1.74 and the other formulas above them", async () => {
    const { exitCode, stdout } = await sgdscope("compare", "--json");
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout) as Document;
    expect(document).toMatchObject({
      schema: "sgdscope/compare@2",
      sampling: "with-replacement",
      minimum: { rank: 8 },
    });
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

describe("compare on a draw of 200 Gaussian inputs in 8 dimensions by NumPy", () => {
  const inputs = fileURLToPath(
    new URL("../../../packages/stability-criterion/test/seed-systems/gaussian-200x8.npy", import.meta.url),
  );

  it("prints the documented table from the inputs alone", async () => {
    const { exitCode, stdout } = await sgdscope("compare", "--jacobian", inputs, "--sampling", "with-replacement");
    expect(exitCode).toBe(0);
    const start = stdout.indexOf("Critical learning rates of plain SGD, with-replacement");
    const lines = stdout.slice(start).split("\n").slice(1, 7);
    expect(lines[0]!.trim().split(/ {2,}/)).toEqual([
      "B",
      "exact η*",
      "Gaussian",
      "decoupled",
      "2/(p·Tr H)",
      "1/(√p‖H‖_F)",
      "2/λ_max",
    ]);
    expect(lines.slice(2).map((line) => line.trim().split(/ +/))).toEqual([
      ["1", "0.3300", "0.3274", "0.4337", "0.4337", "0.5502", "1.868"],
      ["2", "0.5831", "0.5796", "0.7485", "0.8674", "0.7780", "1.868"],
      ["8", "1.314", "1.313", "1.548", "3.469", "1.556", "1.868"],
      ["32", "1.738", "1.739", "1.845", "13.88", "3.112", "1.868"],
    ]);
  });

  it("has every digit in JSON", async () => {
    const { stdout } = await sgdscope("compare", "--jacobian", inputs, "--sampling", "with-replacement", "--json");
    const document = JSON.parse(stdout) as Document;
    // By NumPy and SciPy, dense Kronecker matrices.
    const reference = [
      [0.330022292001, 0.327449770378, 0.433680987968, 0.433680987968, 0.550150867736, 1.867741104928],
      [0.583142878403, 0.57961121935, 0.748481401533, 0.867361975936, 0.778030818504, 1.867741104928],
      [1.313937161504, 1.313280343726, 1.547917444773, 3.469447903742, 1.556061637008, 1.867741104928],
      [1.738451303473, 1.739323375549, 1.84531389926, 13.877791614969, 3.112123274017, 1.867741104928],
    ];
    document.batches.forEach(({ criteria }, k) =>
      criteria.forEach(({ criticalLearningRate }, c) => expect(criticalLearningRate).toBeCloseTo(reference[k]![c]!, 9)),
    );
  });
});

describe("compare on a minimum", () => {
  it("takes K, or J with one or more outputs, without residuals", async () => {
    const withResiduals = await sgdscope("compare", ...source, "--batch-size", "1,2", "--json");
    const alone = await sgdscope("compare", ...source.slice(0, 2), "--batch-size", "1,2", "--json");
    expect(alone.stdout).toBe(withResiduals.stdout);
    const [flat, cube] = [join(folder, "flat.json"), join(folder, "cube.json")];
    await writeFile(flat, "[[1, 0], [0, 2], [1, 1], [2, 0]]");
    await writeFile(cube, "[[[1, 0], [0, 2]], [[1, 1], [2, 0]]]");
    const table = async (...args: string[]): Promise<Document & { minimum: { examples: number; outputs: number } }> => {
      const { stdout } = await sgdscope("compare", ...args, "--batch-size", "1", "--json");
      return JSON.parse(stdout) as Document & { minimum: { examples: number; outputs: number } };
    };
    const first = await table("--jacobian", cube);
    const second = await table("--jacobian", flat, "--outputs", "2");
    expect([first.minimum.examples, first.minimum.outputs]).toEqual([2, 2]);
    expect(second.batches).toEqual(first.batches);
  });

  it("has the known answers, and no limit from noise at the full batch", async () => {
    const { stdout } = await sgdscope("compare", ...source, "--batch-size", "1,2,3", "--json");
    const document = JSON.parse(stdout) as Document;
    expect(document.sampling).toBe("without-replacement");
    const [, two, full] = values(document);
    expect(two!["exact"]).toBeCloseTo(0.937005453848, 11);
    expect(two!["decoupled"]).toBeCloseTo(1.072578402337, 11);
    expect(two!["gaussian"]).toBeCloseTo(0.734223723795, 11);
    expect(full).toMatchObject({ trace: "Infinity", frobenius: "Infinity" });
    expect(full!["exact"]).toBe(full!["gradientDescent"]);
  });

  it("prints values and ratios", async () => {
    const { stdout } = await sgdscope("compare", ...source, "--batch-size", "2,3");
    expect(stdout).toMatch(/^2 +0\.9370 +0\.7342 +1\.073 +3\.000 +1\.029 +1\.127$/m);
    expect(stdout).toMatch(/^2 +0\.7836 +1\.145 +3\.202 +1\.098 +1\.203$/m);
    expect(stdout).toMatch(/^3 .*∞ +∞ +1\.127$/m);
  });

  it.each([
    [["--residuals", "r.json"], "no minimum was named: use --gram <file>, --jacobian <file> or --run <folder>"],
    [
      ["--jacobian", "K.json", "--outputs", "2"],
      "--outputs: the Jacobian of shape [3, 3] has 3 rows, not a multiple of 2",
    ],
    [["--gram", "wide.json"], "--gram: expected shape [nC, nC] or [n, n, C, C], got [1, 2]"],
    [["SOURCE", "--batch-size", "8"], "--batch-size: expected at most 3, the number of examples, got 8"],
    [["SOURCE", "--sampling", "bernoulli"], "Allowed choices are with-replacement, without-replacement"],
  ])("refuses %j", async (args, message) => {
    const { exitCode, stderr } = await sgdscope(
      "compare",
      ...args.flatMap((arg) =>
        arg === "SOURCE" ? source : /^(K|wide)\.json$/.test(arg) ? [join(folder, arg)] : [arg],
      ),
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { gaussian, seededRandom } from "@sgdscope/random";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { primalReference } from "./primal-reference.js";
import { sgdscope } from "./support.js";

let folder: string;
const at = (name: string): string => join(folder, name);
const json = (name: string, value: unknown): Promise<void> => writeFile(at(name), JSON.stringify(value));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-analyze-"));
  await json("K.json", [
    [2, 0, 1],
    [0, 4, 2],
    [1, 2, 2],
  ]);
  await json("r.json", [1, -1, 2]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  schema: string;
  noise: Record<string, number>;
  alignmentRange: Record<string, number>;
  conditions: {
    batchSize: number;
    criticalLearningRate: number;
    bounds: { name: string; criticalLearningRate: number }[];
  }[];
}

describe("analyze on the three-example problem with known answers", () => {
  it("opens with the answer: stable or not, by how much, and what would make it stable", async () => {
    const files = ["analyze", "--gram", at("K.json"), "--residuals", at("r.json"), "--batch-size"];
    const first = async (...rest: string[]): Promise<string> =>
      (await sgdscope(...files, ...rest)).stdout.split("\n")[0]!;
    expect(await first("1", "--learning-rate", "0.5")).toBe(
      "Stable: SGD with η = 0.5, B = 1 (without-replacement) stays at this minimum in mean square; η is 0.8736 of the exact threshold η* = 0.5723.",
    );
    expect(await first("1", "--learning-rate", "0.7")).toMatch(
      /^Unstable: SGD with η = 0\.7, B = 1 \(without-replacement\) leaves this minimum, its expected loss grows by the factor 1\.\d+ per step; η is 1\.223 times the exact threshold η\*\. η below 0\.5723 would stay, and so would large enough batches: gradient descent stays up to 2\/λ_max = 1\.127\.$/,
    );
    expect(await first("1", "--learning-rate", "1.2")).toContain("no batch size stays at this η");
    expect(await first("1,3")).toBe(
      "SGD (without-replacement) stays at this minimum in mean square for learning rates up to η* = 0.5723 at B = 1, 1.127 at B = 3; gradient descent up to 2/λ_max = 1.127.",
    );
  });

  it("prints six digits, or as many as are asked for", async () => {
    const { stdout } = await sgdscope(
      "analyze",
      "--gram",
      at("K.json"),
      "--residuals",
      at("r.json"),
      "--batch-size",
      "1",
    );
    expect(stdout).toContain(" 0.572340 ");
    expect(stdout).not.toMatch(/\d\.\d{8}/);
    const { exitCode, stderr } = await sgdscope(
      ...["analyze", "--gram", at("K.json"), "--residuals", at("r.json"), "--batch-size", "1", "--digits", "0"],
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain("whole number of digits from 1 to 17");
  });

  it("prints the twelve digits", async () => {
    const { exitCode, stdout } = await sgdscope(
      "analyze",
      "--gram",
      at("K.json"),
      "--residuals",
      at("r.json"),
      "--batch-size",
      "1,2,3",
      "--digits",
      "12",
    );
    expect(exitCode).toBe(0);
    for (const answer of [
      "1.94365063162", // ‖G‖_F
      "0.897058823529", // μ₁ = 61/68
      "0.774509803922", // μ = 79/102
      "0.939462683041",
      "0.954863710632",
      "0.901225379003",
      "0.859396352973",
      "3.71184290855",
      "3.34073252853",
      "0.196777476639", // inf μ
      "0.441176470588", // inf μ₁ = 15/34
      "0.572340172017", // η* at B = 1, 2, 3
      "0.937005453848",
      "1.12709831695",
      "0.687301119206", // Mulayoff–Michaeli (15)
      "0.648221343874", // χ
      "1.02899151086", // unconditional Frobenius
      "0.902983111967", // Wu–Ma–E, sufficient
    ])
      expect(stdout).toContain(answer);
  });

  it("says on request what each criterion assumes and where it stands", async () => {
    const files = ["--gram", at("K.json"), "--residuals", at("r.json"), "--batch-size", "1"];
    const plain = await sgdscope("analyze", ...files);
    const { stdout } = await sgdscope("analyze", ...files, "--sources");
    expect(stdout.startsWith(plain.stdout)).toBe(true);
    const table = plain.stdout.slice(plain.stdout.indexOf("─\n"));
    const names = [...table.matchAll(/^ {2}(\S.*?) {2,}(?:exact|necessary|sufficient|heuristic)[ ,]/gm)].map(
      ([, name]) => name!,
    );
    expect(names.length).toBeGreaterThan(15);
    const sources = stdout.slice(plain.stdout.length);
    for (const name of names) expect(sources).toContain(`\n  ${name} (`);
    expect(sources).toContain("arXiv:2306.07850, Theorem 3; sourced");
  });

  it("calls the exact threshold of Bernoulli batches derived here: the papers treat centred noise", async () => {
    const files = ["--gram", at("K.json"), "--residuals", at("r.json"), "--batch-size", "1"];
    const { stdout } = await sgdscope("analyze", ...files, "--sampling", "bernoulli");
    expect(stdout).toMatch(/exact mean-square threshold .* derived here/);
  });

  it("gives the same with replacement, from a Jacobian, as a versioned document", async () => {
    await json("J.json", [
      [1, 0, 1],
      [0, 2, 0],
      [1, 1, 0],
    ]);
    const args = [
      "--jacobian",
      at("J.json"),
      "--residuals",
      at("r.json"),
      "--batch-size",
      "2,3",
      "--sampling",
      "with-replacement",
      "--json",
    ];
    const { stdout, stderr } = await sgdscope("analyze", ...args);
    const document = JSON.parse(stdout) as Document;
    expect(stderr).toBe(
      "note: --jacobian: 3 rows are taken as 3 examples with one output each; if that is wrong, use --outputs\n",
    );
    expect(document.schema).toBe("sgdscope/analyze@2");
    expect(document.noise["alignmentFactor"]).toBeCloseTo(79 / 102, 12);
    expect(document.alignmentRange["infimum"]).toBeCloseTo(0.196777476639, 11);
    expect(document.conditions[0]!.criticalLearningRate).toBeCloseTo(0.77911441009, 10);
    expect(document.conditions[1]!.criticalLearningRate).toBeCloseTo(0.879437105713, 10);
  });
});

describe("analyze against an independent computation in parameter space", () => {
  it.each([1, 2, 3, 4, 5])("agrees on random problem %i, from npy and npz", async (seed) => {
    const random = seededRandom(seed);
    const examples = 4 + (seed % 3);
    const parameters = 3 + (seed % 2);
    const J = gaussian(examples * parameters, random);
    const r = gaussian(examples, random);
    await writeArrays(at("problem.npz"), {
      J: { shape: [examples, parameters], data: J },
      r: { shape: [examples], data: r },
    });
    await writeArrays(at("r.npy"), { r: { shape: [examples], data: r } });
    for (const batchSize of [1, 2, examples]) {
      const { stdout } = await sgdscope(
        ...["analyze", "--jacobian", `${at("problem.npz")}:J`, "--residuals", at("r.npy")],
        ...["--batch-size", String(batchSize), "--json"],
      );
      const document = JSON.parse(stdout) as Document;
      const expected = primalReference(J, r, examples, parameters, batchSize);
      for (const [name, value] of Object.entries(expected.noise))
        expect(Math.abs(document.noise[name]! - value)).toBeLessThan(1e-9 * Math.max(1, Math.abs(value)));
      const threshold = document.conditions[0]!.criticalLearningRate;
      expect(Math.abs(threshold / expected.criticalLearningRate - 1)).toBeLessThan(1e-6);
    }
  });
});

describe("analyze refuses", () => {
  const good = { gram: "K.json", residuals: "r.json", "batch-size": "1" };
  const cases: [string, Partial<Record<string, string>>, RegExp][] = [
    ["a NaN in K", { gram: "nan.npy" }, /--gram: expected finite numbers, got NaN at position 4/],
    ["an asymmetric K", { gram: "asymmetric.json" }, /expected gram to be symmetric/],
    ["an indefinite K", { gram: "indefinite.json" }, /gram .*negative/],
    ["a K that two examples already rule out", { gram: "steep.json" }, /expected gram .* entries of at most .* got 2/],
    [
      "a K of the wrong shape",
      { gram: "wide.json" },
      /--gram: expected shape \[nC, nC\] or \[n, n, C, C\], got \[1, 4\]/,
    ],
    [
      "residuals of another length",
      { residuals: "short.json" },
      /--gram: shape \[3, 3\] has 3 rows, and residuals have shape \[2\]: expected \[3\]/,
    ],
    [
      "a negative batch size",
      { "batch-size": "-1" },
      /--batch-size.*Expected a whole number from 1 up \(.*\), got '-1'/,
    ],
    [
      "a batch larger than the data",
      { "batch-size": "4" },
      /--batch-size: expected at most 3, the number of examples, got 4/,
    ],
    ["an unknown sampling", { sampling: "sometimes" }, /--sampling.*Allowed choices are with-replacement/],
    ["a sampling without theory", { sampling: "epoch-shuffle" }, /--sampling: epoch-shuffle has no stability theory/],
    ["a learning rate of zero", { "learning-rate": "0" }, /--learning-rate.*Expected a positive number, got '0'/],
    ["a file that is not there", { gram: "missing.npy" }, /missing\.npy/],
    ["a file of another kind", { gram: "K.txt" }, /K\.txt/],
    ["a misspelt option", { batchsize: "3" }, /unknown option '--batchsize'[\s\S]*--batch-size/],
  ];
  beforeAll(async () => {
    const data = Float64Array.of(2, 0, 1, 0, NaN, 2, 1, 2, 2);
    await writeArrays(at("nan.npy"), { K: { shape: [3, 3], data } });
    await json("asymmetric.json", [
      [2, 1, 0],
      [0, 2, 0],
      [0, 0, 2],
    ]);
    await json("indefinite.json", [
      [1, 0.9, 0.9],
      [0.9, 1, -0.9],
      [0.9, -0.9, 1],
    ]);
    await json("steep.json", [
      [1, 2, 0],
      [2, 1, 0],
      [0, 0, 1],
    ]);
    await json("wide.json", [[1, 2, 3, 4]]);
    await json("short.json", [1, 2]);
    await writeFile(at("K.txt"), "1 2");
  });
  it.each(cases)("%s, naming the argument, with exit code 2 and no stack", async (_, change, message) => {
    const settings: Record<string, string | undefined> = { ...good, ...change };
    const argv = Object.entries(settings).flatMap(([name, value]) => [
      `--${name}`,
      value!.includes(".") ? at(value!) : value!,
    ]);
    const { exitCode, stdout, stderr } = await sgdscope("analyze", ...argv);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

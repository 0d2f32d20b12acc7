import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

let folder: string;
let source: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-diagram-"));
  await writeFile(join(folder, "K.json"), "[[2, 0, 1], [0, 4, 2], [1, 2, 2]]");
  await writeFile(join(folder, "r.json"), "[1, -1, 2]");
  source = ["--gram", join(folder, "K.json"), "--residuals", join(folder, "r.json")];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  schema: string;
  learningRates: number[];
  batchSizes: number[];
  sampling: string;
  momenta?: number[];
  growth: { learningRate: number; batchSize: number; momentum?: number; growthRate: number }[];
  curves: { id: string; criticalLearningRates: (number | string | null)[] }[];
}

const exact = [0.572340172017, 0.937005453848, 1.12709831695];

describe("diagram of the three-example problem with known answers", () => {
  it("prints the curves and the path of the report, and writes the files whole", async () => {
    const out = join(folder, "report");
    const { exitCode, stdout, stderr } = await sgdscope("diagram", ...source, "--out", out);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/exact mean-square threshold +exact +0\.5723 +0\.9370 +1\.127/);
    expect(stdout).toContain(`Report: ${join(out, "diagram.html")}`);
    expect(stderr).toContain("120 growth rates, without-replacement");
    expect((await readdir(out)).sort()).toEqual(["diagram.html", "diagram.json", "diagram.png", "diagram.svg"]);
    const page = await readFile(join(out, "diagram.html"), "utf8");
    expect(page).toContain("The transition is sharp at the exact curve only");
    expect(page).not.toMatch(/NaN|undefined|<script|src=/);
    expect(await readFile(join(out, "diagram.svg"), "utf8")).toMatch(/^<svg[^>]*aria-label="Phase diagram/);
  });

  it("is one document, in which log ρ changes sign at η*(B) for every B", async () => {
    const out = join(folder, "json");
    const { stdout, stderr } = await sgdscope("diagram", ...source, "--out", out, "--json", "--quiet");
    expect(stderr).toBe("");
    const document = JSON.parse(stdout) as Document;
    expect(document).toMatchObject({ schema: "sgdscope/diagram@2", batchSizes: [1, 2, 3] });
    expect(document.growth).toHaveLength(120);
    for (const { learningRate, batchSize, growthRate } of document.growth)
      expect(growthRate > 0).toBe(learningRate > exact[batchSize - 1]!);
    const curve = document.curves.find(({ id }) => id === "exact")!;
    curve.criticalLearningRates.forEach((rate, k) => expect(rate).toBeCloseTo(exact[k]!, 11));
    expect(document.curves.find(({ id }) => id === "alignment-measured")!.criticalLearningRates[2]).toBe("Infinity");
    const file = JSON.parse(await readFile(join(out, "diagram.json"), "utf8")) as Document;
    expect(file).toEqual(document);
  });

  it("with momentum changes sign at the exact threshold of that optimizer, over batch sizes and over momenta", async () => {
    const json = async (...rest: string[]): Promise<Document> => {
      const { stdout } = await sgdscope("diagram", ...source, ...rest, "--json", "--quiet", "--out", join(folder, "m"));
      return JSON.parse(stdout) as Document;
    };
    const answers = [0.114250418027, 0.415558651477, 2.141486802197];
    const over = await json("--momentum", "0.9");
    expect(over).toMatchObject({ optimizer: { kind: "heavy-ball", momentum: 0.9 }, batchSizes: [1, 2, 3] });
    expect(over.growth).toHaveLength(120);
    for (const { learningRate, batchSize, growthRate } of over.growth)
      expect(growthRate > 0).toBe(learningRate > answers[batchSize - 1]!);
    expect(over.curves.map(({ id }) => id)).toEqual(["exact", "mean-edge", "plain-sgd", "effective-rate"]);
    const curve = (of: Document, id: string): number[] =>
      of.curves.find((one) => one.id === id)!.criticalLearningRates as number[];
    curve(over, "exact").forEach((rate, k) => expect(rate).toBeCloseTo(answers[k]!, 11));
    curve(over, "plain-sgd").forEach((rate, k) => expect(rate).toBeCloseTo(exact[k]!, 11));
    curve(over, "effective-rate").forEach((rate, k) => expect(rate).toBeCloseTo(0.1 * exact[k]!, 11));

    const rates = [exact[0]!, 0.426112511654, answers[0]!];
    const along = await json("--momentum", "0.9,0,0.5", "--batch-size", "1");
    expect(along).toMatchObject({ momenta: [0, 0.5, 0.9], batchSizes: [1] });
    expect(along.growth).toHaveLength(120);
    for (const { learningRate, momentum, growthRate } of along.growth)
      expect(growthRate > 0).toBe(learningRate > rates[along.momenta!.indexOf(momentum!)]!);
    curve(along, "exact").forEach((rate, k) => expect(rate).toBeCloseTo(rates[k]!, 11));
    const page = await readFile(join(folder, "m", "diagram.html"), "utf8");
    expect(page).toContain("momentum β");
    expect(page).toContain("--momentum '0.9,0,0.5'");
    expect(page).not.toMatch(/NaN|undefined/);
  });

  it("refuses momenta without one batch size, and Nesterov without momentum", async () => {
    for (const [rest, text] of [
      [["--momentum", "0,0.9"], "expected one --batch-size beside several momenta, got none"],
      [["--momentum", "0,0.9", "--batch-size", "1,2"], "got 1,2"],
      [["--nesterov"], "--nesterov needs --momentum"],
      [["--momentum", "1"], "--momentum"],
    ] as const) {
      const { exitCode, stderr } = await sgdscope("diagram", ...source, ...rest, "--out", join(folder, "no"));
      expect(exitCode).toBe(2);
      expect(stderr).toContain(text);
    }
  });

  it("looks where it is told to", async () => {
    const { stdout } = await sgdscope(
      ...["diagram", ...source, "--out", join(folder, "grid"), "--json", "--quiet"],
      ...["--learning-rates", "0.1,0.4,3", "--batch-size", "3,1", "--sampling", "with-replacement"],
    );
    const { learningRates, batchSizes, sampling } = JSON.parse(stdout) as Document;
    expect(learningRates.map((rate) => Number(rate.toPrecision(12)))).toEqual([0.1, 0.2, 0.4]);
    expect([batchSizes, sampling]).toEqual([[1, 3], "with-replacement"]);
  });

  it.each([
    [[], "no minimum was named: use --gram <file>, --jacobian <file> or --run <folder>"],
    [["--gram", "K.json"], "--gram needs --residuals <file> beside it"],
    [["--run", "nowhere"], "--run: nowhere is not the folder of a training: it has no run.json"],
    [["--gram", "K.json", "--run", "nowhere"], "cannot be used with option"],
    [["SOURCE", "--batch-size", "4"], "--batch-size: expected at most 3, the number of examples, got 4"],
    [["SOURCE", "--sampling", "epoch-shuffle"], "--sampling: epoch-shuffle has no stability theory"],
    [["SOURCE", "--learning-rates", "0.1,1"], "Expected three numbers, smallest,largest,count, got '0.1,1'"],
    [["SOURCE", "--learning-rates", "2,1,3"], "Expected a largest learning rate of at least 2, got 1"],
  ])("refuses %j", async (args, message) => {
    const { exitCode, stdout, stderr } = await sgdscope(
      "diagram",
      ...args.flatMap((arg) => (arg === "SOURCE" ? source : [arg])),
      ...["--out", join(folder, "refused")],
    );
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(await readdir(folder)).not.toContain("refused");
  });
});

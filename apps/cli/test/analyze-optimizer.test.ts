import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "optimizer-"));
  const write = async (name: string, value: unknown): Promise<string> => {
    await writeFile(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };
  // JJᵀ of J = [[1,0,1],[0,2,0],[1,1,0]], whose thresholds enumeration of all batches confirms.
  const gram = await write("K.json", [
    [2, 0, 1],
    [0, 4, 2],
    [1, 2, 2],
  ]);
  const residuals = await write("r.json", [1, -1, 2]);
  files = ["--gram", gram, "--residuals", residuals, "--outputs", "1", "--batch-size", "1,2,3", "--quiet"];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  optimizers: {
    batchSize: number;
    optimizer: object;
    criticalLearningRate: number;
    meanEdge: number;
    plainCriticalLearningRate: number;
    edgeRatio: number | null;
    verdict: string | null;
    spectralRadius: number | null;
  }[];
}
const documentOf = async (...rest: string[]): Promise<Document> =>
  JSON.parse((await sgdscope("analyze", ...files, "--json", ...rest)).stdout) as Document;

describe("analyze with an optimizer", () => {
  it.each([
    [
      ["--momentum", "0.9"],
      [0.114250418027, 0.415558651477, 2.141486802197],
    ],
    [
      ["--momentum", "0.9", "--nesterov"],
      [0.221599945633, 0.566993946018, 0.76481671507],
    ],
    [
      ["--optimizer", "ema", "--momentum", "0.9"],
      [1.142504180273, 4.155586514769, 21.414868021973],
    ],
    [
      ["--momentum", "0.9", "--weight-decay", "0.1"],
      [0.124859868016, 0.445433105913, 2.027241763228],
    ],
    [
      ["--weight-decay", "0.1"],
      [0.577423655942, 0.90525802417, 1.066969349068],
    ],
  ])("has its exact threshold: %j", async (options, answers) => {
    const { optimizers } = await documentOf(...options);
    expect(optimizers.map(({ batchSize }) => batchSize)).toEqual([1, 2, 3]);
    optimizers.forEach(({ criticalLearningRate, edgeRatio, verdict }, k) => {
      expect(criticalLearningRate / answers[k]!).toBeCloseTo(1, 10);
      expect([edgeRatio, verdict]).toEqual([null, null]);
    });
    expect(optimizers[2]!.meanEdge / answers[2]!).toBeCloseTo(1, 10);
  });

  it("opens with the verdict on that optimizer, and calls the rest plain SGD", async () => {
    const { stdout } = await sgdscope("analyze", ...files, "--momentum", "0.9", "--learning-rate", "0.2");
    const [first, second] = stdout.split("\n");
    expect(first).toBe(
      "Unstable: SGD with momentum β = 0.9, η = 0.2, B = 1, leaves this minimum; η is 1.751 times its exact threshold η* = 0.1143; in the long run a step multiplies second moments by 1.089; plain SGD has η* = 0.5723, full-batch training with this optimizer 2.141.",
    );
    expect(second).toMatch(/^Stable: SGD with momentum β = 0\.9, η = 0\.2, B = 2, stays/);
    expect(stdout).toContain("\nBeside it plain SGD:\n");
  });

  it("marks its verdict where the loss has a floor, as that of plain SGD", async () => {
    const K = join(folder, "rank-one.json");
    await writeFile(K, "[[1, 2], [2, 4]]");
    const r = join(folder, "floor.json");
    await writeFile(r, "[2, -1]");
    const { stdout } = await sgdscope(
      ...["analyze", "--gram", K, "--residuals", r, "--outputs", "1", "--batch-size", "1", "--quiet"],
      ...["--momentum", "0.5", "--learning-rate", "0.1"],
    );
    expect(stdout).toMatch(/^Stable — outside the hypotheses of the theorem, see ! below: SGD with momentum/);
    expect(stdout).toContain("! Part of the loss is a floor");
  });

  it("says nothing of optimizers where none is asked for", async () => {
    expect((await documentOf()).optimizers).toEqual([]);
    expect((await sgdscope("analyze", ...files)).stdout).not.toContain("Beside it");
  });

  it("refuses contradictions, naming both", async () => {
    const wrong = async (...rest: string[]): Promise<string> => {
      const { exitCode, stderr } = await sgdscope("analyze", ...files, ...rest);
      expect(exitCode).toBe(2);
      return stderr;
    };
    expect(await wrong("--optimizer", "nesterov")).toContain("--optimizer nesterov needs --momentum <β>");
    expect(await wrong("--optimizer", "ema", "--nesterov", "--momentum", "0.9")).toContain("got ema");
    expect(await wrong("--optimizer", "sgd", "--momentum", "0.9")).toContain("no momentum with --optimizer sgd");
    expect(await wrong("--momentum", "1")).toContain("Expected a number between -1 and 1");
    expect(await wrong("--momentum", "-0.5", "--nesterov")).toContain("[0, 1)");
    expect(await wrong("--optimizer", "adam", "--momentum", "0.9")).toContain("Allowed choices are sgd, heavy-ball");
    expect(await wrong("--weight-decay", "-1")).toContain("Expected a number from 0 up");
    expect(await wrong("--momentum", "0.9", "--learning-rate", "0.1", "--lyapunov")).toContain(
      "--lyapunov: expected plain SGD, got an optimizer with momentum or weight decay",
    );
  });
});

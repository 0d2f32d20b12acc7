import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capture, huberCapture, metadata } from "../../../packages/analysis/test/sources/capture-fixture.js";
import { sgdscope } from "./support.js";

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-capture-"));
  await writeArrays(at("ce.npz"), capture());
  await writeArrays(at("huber.npz"), huberCapture());
  await writeArrays(at("bare.npz"), capture({ optimizer: null, batchSize: null, sampling: null }));
  const adam = { kind: "ema", preconditioned: true, pytorch: { name: "Adam", lr: 0.2, weight_decay: 0 } };
  const p = { shape: [3], data: Float64Array.of(1, 2, 3) };
  await writeArrays(at("adam.npz"), capture({ optimizer: { ...metadata.optimizer, ...adam } }, { preconditioner: p }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  conditions: { batchSize: number; criticalLearningRate: number; optimizer: object; verdict: object | null }[];
  capture: {
    units: object;
    conditions: {
      batchSize: number;
      criticalLearningRate: number;
      learningRate: number | null;
      margin: number | null;
    }[];
  };
}
const json = async (...argv: string[]): Promise<Document> => {
  const { exitCode, stdout, stderr } = await sgdscope("analyze", "--capture", ...argv, "--json", "--quiet");
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Document;
};

describe("analyze --capture", () => {
  it("judges the training that was captured, and says its rates as PyTorch does", async () => {
    const { stdout, stderr } = await sgdscope("analyze", "--capture", at("ce.npz"));
    expect(stdout).toMatch(
      /^Stable.*: SGD with momentum β = 0\.9, η = 0\.2, B = 2 \(without-replacement\) stays at this point/,
    );
    expect(stdout).toContain(
      "In PyTorch's units: Net, CrossEntropyLoss(), SGD, 3 examples × 2 outputs; the same as η here",
    );
    expect(stdout).toMatch(/ {2}2 {2}1\.12288 {2}0\.200000 {3}5\.614 {2}stable/);
    expect(stdout).toContain("Assumed: Nothing. (captured by sgdscope 0.1.0, torch 2.13.0)");
    expect(stderr).toContain("the training shuffles epochs");
  });

  it("converts rates by the factor of the loss", async () => {
    const { conditions, capture: own } = await json(at("huber.npz"), "--batch-size", "1,3");
    for (const [k, each] of own.conditions.entries()) {
      expect(each.learningRate).toBe(0.2);
      expect(each.criticalLearningRate).toBe(2 * conditions[k]!.criticalLearningRate);
      expect(each.margin).toBeCloseTo(each.criticalLearningRate / 0.2, 12);
    }
    expect(conditions[0]!.optimizer).toEqual({ kind: "sgd", weightDecay: 0.02 });
  });

  it("lets options say otherwise", async () => {
    const optimizerOf = async (...argv: string[]): Promise<object> =>
      (await json(at("ce.npz"), ...argv)).conditions[0]!.optimizer;
    expect(await optimizerOf("--optimizer", "sgd")).toEqual({ kind: "sgd" });
    expect(await optimizerOf("--nesterov")).toEqual({ kind: "nesterov", momentum: 0.9 });
    expect(await optimizerOf("--momentum", "0.5")).toEqual({ kind: "heavy-ball", momentum: 0.5 });
    expect(await optimizerOf("--weight-decay", "0.1")).toEqual({ kind: "heavy-ball", momentum: 0.9, weightDecay: 0.1 });
    const { conditions } = await json(
      at("ce.npz"),
      "--batch-size",
      "1,3",
      "--learning-rate",
      "0.4",
      "--optimizer",
      "sgd",
    );
    expect(conditions.map(({ batchSize }) => batchSize)).toEqual([1, 3]);
    expect(conditions[0]!.criticalLearningRate).toBeCloseTo(1.5717974338, 9);
    const { stdout } = await sgdscope("analyze", "--capture", at("bare.npz"), "--batch-size", "1", "--modes", "2");
    expect(stdout).toMatch(/In PyTorch's units[^]*lr\* at least/);
  });

  const refused: [string, string[], string][] = [
    [
      "no batch size",
      ["bare.npz"],
      "required option '--batch-size <B,…>' not specified, and the capture does not know it",
    ],
    [
      "plain SGD of a second moment",
      ["adam.npz", "--optimizer", "sgd"],
      "whose Gram matrix has the second moment of Adam in it, got sgd",
    ],
    ["Nesterov of Adam", ["adam.npz", "--nesterov"], "--nesterov: expected none beside --capture of Adam"],
    ["Adam without a second moment", ["ce.npz", "--optimizer", "adam"], "has no second moment of adam"],
    ["weight decay of Adam", ["adam.npz", "--weight-decay", "0.1"], "expected none beside a preconditioner"],
    [
      "another loss",
      ["ce.npz", "--loss", "huber"],
      "option '--capture <file.npz>' cannot be used with option '--loss <name>'",
    ],
    ["another Gram matrix", ["ce.npz", "--gram", "K.npy"], "cannot be used with option '--gram <file>'"],
    ["a batch beyond the data", ["ce.npz", "--batch-size", "4"], "expected at most 3, the number of examples, got 4"],
    ["a file that is not there", ["none.npz"], "none.npz does not exist"],
    ["a pickle", ["model.pt"], "expected a file .npz that sgdscope.capture wrote"],
  ];
  it.each(refused)("refuses %s", async (_, [name, ...rest], words) => {
    const { exitCode, stderr, stdout } = await sgdscope("analyze", "--capture", at(name!), ...rest);
    expect(stderr).toContain(words);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
  });

  it("refuses a file that ends too early", async () => {
    const bytes = await readFile(at("ce.npz"));
    await writeFile(at("cut.npz"), bytes.subarray(0, bytes.length - 100));
    const { exitCode, stderr } = await sgdscope("analyze", "--capture", at("cut.npz"));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: --capture: /);
  });
});

describe("measure --model with the file of another tool", () => {
  it.each([
    ["capture.npz", "sgdscope analyze --capture capture.npz"],
    ["model.pt", "pip install sgdscope"],
    ["model.safetensors", "pip install sgdscope"],
    ["model.onnx", "pip install sgdscope"],
    ["model.keras", "tensorflowjs_converter --input_format=keras model.keras"],
  ])("says what to do with %s", async (path, words) => {
    const { exitCode, stderr } = await sgdscope("measure", "--model", path, "--inputs", "x.npy", "--targets", "y.npy");
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`--model: expected the model.json of a TensorFlow.js LayersModel, got ${path}`);
    expect(stderr).toContain(words);
  });
});

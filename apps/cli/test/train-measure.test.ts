import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { saveLayersModel } from "@sgdscope/models-cnn/layers-model";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";
import { runFileIn, runIn, shortTraining, type RunFile } from "./train-support.js";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const settings = (out: string, ...more: string[]): string[] => shortTraining(at(out), ...more);
const runOf = (out: string): Promise<string> => runIn(at(out));
const runFile = (out: string): Promise<RunFile> => runFileIn(at(out));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-train-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("train", () => {
  it("leaves a run folder with settings, losses and parameters, under the hash of its settings", async () => {
    const { exitCode, stdout } = await sgdscope(...settings("whole"));
    expect(exitCode).toBe(0);
    expect(stdout).toContain("η/η*");
    const run = await runFile("whole");
    expect(await runOf("whole")).toContain(run.id);
    expect(run).toMatchObject({ schema: "sgdscope/run@2", state: "done", record: { steps: 400, reason: "max-steps" } });
    const lines = (await readFile(join(await runOf("whole"), "metrics.jsonl"), "utf8")).trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([
      0, 50, 100, 150, 200, 250, 300, 350, 400,
    ]);
    expect(await readdir(await runOf("whole"))).not.toContain("checkpoint.safetensors");
  });

  it.each([
    [["--batch-size", "21"], /--batch-size: expected at most 20, the number of examples, got 21/],
    [["--model-options", "{"], /--model-options: expected a JSON object/],
    [["--model-options", '{"wdths":3}'], /expected options of fully-connected .*got "wdths"/],
    [["--classes", "3"], /Expected at least two class labels, got '3'/],
    [["--momentum", "1"], /Expected a number in \[0, 1\), got '1'/],
    [
      ["--optimizer", "adam", "--momentum", "0.5"],
      /error: --momentum: expected 0 with optimizer adam, whose own is beta1, got 0.5/,
    ],
    [["--optimizer", "adagrad"], /Allowed choices are sgd, heavy-ball, nesterov, ema, adam, rmsprop, sam, ire/],
    [["--nesterov"], /error: --nesterov: expected momentum above 0 beside it, got 0/],
    [["--dampening", "0.5"], /error: --dampening: expected optimizer heavy-ball beside it, got sgd/],
    [["--dampening", "2"], /Expected a number in \[0, 1\], got '2'/],
    [["--rho", "0.1"], /error: --rho: expected optimizer sam beside it, got sgd/],
    [["--beta2", "0.9"], /error: --beta2: expected optimizer adam beside it, got sgd/],
    [["--weight-decay", "-1"], /Expected a number from 0 up, got '-1'/],
  ])("refuses %j", async (more, message) => {
    const { exitCode, stderr } = await sgdscope(...settings("refused", ...more));
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });
});

describe("train --optimizer", () => {
  it("keeps the optimizer in run.json, and marks the verdict that no theory of it gives", async () => {
    const asked = ["--optimizer", "adam", "--beta2", "0.9", "--weight-decay", "0.001", "--learning-rate", "0.001"];
    const { exitCode, stdout } = await sgdscope(...settings("adam", ...asked));
    expect(exitCode).toBe(0);
    expect(stdout).toContain("! Trained with Adam or RMSprop; judged as plain SGD");
    const { task, record } = await runFile("adam");
    expect(task).toMatchObject({ optimizer: "adam", beta1: 0.9, beta2: 0.9, epsilon: 1e-8, weightDecay: 0.001 });
    expect(record!.minimum!.marks).toContain("optimizer");
    const measured = await sgdscope("measure", "--run", await runOf("adam"), "--quiet");
    expect(measured.stdout).toContain("Trained with Adam or RMSprop; judged as plain SGD");
  });

  it("judges Adam by itself with its second moment frozen", async () => {
    const trained = await sgdscope(...settings("frozen", "--optimizer", "adam", "--learning-rate", "0.001"));
    expect(trained.exitCode).toBe(0);
    expect(trained.stdout).toMatch(
      /\nWith the second moment of the optimizer frozen where the training stopped: (?:un)?stable, η is [\d.e-]+ of its own exact threshold η\* = [\d.e-]+\.\n/,
    );
    const run = await runOf("frozen");
    const { preconditioned } = (await runFile("frozen")).record!;
    const { stdout } = await sgdscope("measure", "--run", run, "--quiet");
    expect(stdout).toMatch(
      /With the second moment of the optimizer frozen where the training stopped:\n(?:Uns|S)table.*Preconditioned SGD with averaged momentum β = 0\.9, η = 0\.001, B = 2/,
    );
    const json = JSON.parse((await sgdscope("measure", "--run", run, "--quiet", "--json")).stdout) as {
      analysis: { conditions: { marks: { id: string }[]; criticalLearningRate: number }[] };
      preconditioned: typeof json.analysis & { minimum: { preconditioned: boolean } };
    };
    const ids = (one: typeof json.analysis): string[] => one.conditions[0]!.marks.map(({ id }) => id);
    expect(ids(json.analysis)).toContain("optimizer");
    expect(ids(json.preconditioned)).not.toContain("optimizer");
    expect(json.preconditioned.minimum.preconditioned).toBe(true);
    const [own, plain] = [json.preconditioned, json.analysis].map((one) => one.conditions[0]!.criticalLearningRate);
    expect(own! / plain!).not.toBeCloseTo(1, 1);
    expect(preconditioned!.criticalLearningRate / own!).toBeCloseTo(1, 4);
    expect(preconditioned!.marks).toEqual(ids(json.preconditioned));
  });

  it("marks the verdict on a run of SAM, in train and in measure", async () => {
    const { exitCode, stdout } = await sgdscope(...settings("sam", "--optimizer", "sam", "--rho", "0.1"));
    expect(exitCode).toBe(0);
    expect(stdout).toContain("! Trained with SAM; judged as plain SGD");
    const { task, record } = await runFile("sam");
    expect(task).toMatchObject({ optimizer: "sam", rho: 0.1, momentum: 0 });
    expect(record!.minimum!.marks).toContain("sam");
    const run = await runOf("sam");
    const measured = await sgdscope("measure", "--run", run, "--quiet");
    expect(measured.stdout).toContain("! Trained with SAM; judged as plain SGD");
    expect(measured.stdout).not.toContain("frozen");
  });

  it("judges IRE by itself with its mask frozen, beside the marked verdict of plain SGD", async () => {
    const asked = ["--optimizer", "ire", "--prog", "3", "--rank", "0.3"];
    const { exitCode, stdout } = await sgdscope(...settings("ire", ...asked));
    expect(exitCode).toBe(0);
    expect(stdout).toContain("! Trained with IRE; judged as plain SGD");
    expect((await runFile("ire")).task).toMatchObject({ optimizer: "ire", prog: 3, rank: 0.3 });
    const measured = await sgdscope("measure", "--run", await runOf("ire"), "--quiet");
    expect(measured.stdout).toContain("! Trained with IRE; judged as plain SGD");
    expect(measured.stdout).toMatch(
      /With the mask of flat coordinates frozen where the training stopped:\n(?:Uns|S)table.*Preconditioned SGD/,
    );
  });

  it("judges SGD's own optimizers without that mark", async () => {
    for (const [name, ...more] of [
      ["ema", "--optimizer", "ema", "--momentum", "0.9"],
      ["nesterov", "--nesterov", "--momentum", "0.5", "--weight-decay", "0.0001"],
    ] as const) {
      const { exitCode } = await sgdscope(...settings(name, ...more));
      expect(exitCode).toBe(0);
      const { record } = await runFile(name);
      expect(record!.minimum!.marks).not.toContain("optimizer");
      expect(record!.minimum!.optimizer).toMatchObject({ kind: name });
    }
  });
});

describe("measure", () => {
  it("measures a run on its own data, exact and estimated numbers in agreement", async () => {
    const { stdout, exitCode } = await sgdscope("measure", "--run", await runOf("whole"), "--quiet", "--json");
    expect(exitCode).toBe(0);
    const found = JSON.parse(stdout) as {
      schema: string;
      gaussNewton: { norm: { value: number; standardError: number } };
      hessian: { norm: { value: number; standardError: number }; eigenvalues: { value: number }[] };
      analysis: {
        noise: { frobeniusG: number; loss: number };
        conditions: { batchSize: number; criticalLearningRate: number; verdict: { learningRate: number } }[];
      };
    };
    const { record } = await runFile("whole");
    expect(found.schema).toBe("sgdscope/measure@2");
    expect(found.analysis.noise.loss).toBeCloseTo(record!.loss, 6);
    expect(found.analysis.noise.frobeniusG).toBeCloseTo(record!.minimum!.frobeniusG, 6);
    expect(found.gaussNewton.norm).toMatchObject({ value: found.analysis.noise.frobeniusG, standardError: 0 });
    expect(found.hessian.eigenvalues).toHaveLength(5);
    expect(found.analysis.conditions[0]).toMatchObject({ batchSize: 2, verdict: { learningRate: 0.02 } });
    expect(found.analysis.conditions[0]!.criticalLearningRate).toBeCloseTo(record!.minimum!.criticalLearningRate, 6);
  });

  it("measures anybody's LayersModel on arrays: of a linear model everything is known", async () => {
    const random = seededRandom(3);
    const [n, d] = [12, 4];
    const inputs = Float32Array.from(gaussian(n * d, random));
    const targets = Float32Array.from(gaussian(n, random));
    await writeArrays(at("data.npz"), { x: { shape: [n, d], data: inputs }, y: { shape: [n], data: targets } });
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [d], useBias: false })] });
    await saveLayersModel(model, at("linear"));
    const { stdout } = await sgdscope(
      ...[
        "measure",
        "--model",
        at("linear", "model.json"),
        "--inputs",
        `${at("data.npz")}:x`,
        "--targets",
        `${at("data.npz")}:y`,
      ],
      ...["--batch-size", "1,3", "--quiet", "--json"],
    );
    const found = JSON.parse(stdout) as {
      parameters: number;
      hessian: { trace: { value: number; standardError: number }; norm: { value: number } };
      gaussNewton: { norm: { value: number } };
    };
    const trace = inputs.reduce((sum, value) => sum + value * value, 0) / n;
    expect(found.parameters).toBe(d);
    expect(found.hessian.trace.standardError).toBe(0);
    expect(found.hessian.trace.value).toBeCloseTo(trace, 4);
    expect(found.hessian.norm.value).toBeCloseTo(found.gaussNewton.norm.value, 4); // H = G for a linear model
  });

  it.each([
    [[], /nothing to measure was named: use --run <folder> or --model <model.json>/],
    [["--run", "nowhere"], /--run: nowhere is not the folder of a training: it has no run.json/],
    [["--model", "nowhere/model.json", "--data", "synthetic"], /nowhere/],
  ])("refuses %j", async (argv, message) => {
    const { exitCode, stderr } = await sgdscope("measure", ...argv);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });
});

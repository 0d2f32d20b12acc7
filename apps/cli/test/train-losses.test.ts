import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sgdscope } from "./support.js";
import { runFileIn, runIn, shortTraining } from "./train-support.js";

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-train-losses-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("train --loss cross-entropy, and measure of its run by the same loss", async () => {
  const { exitCode, stdout } = await sgdscope(
    ...shortTraining(at("ce"), "--loss", "cross-entropy", "--loss-below", "0.3"),
  );
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/Reached its goal, a loss below 0\.3, after \d+ steps, with the cross-entropy loss 0\.\d+/);
  expect(stdout).toMatch(/! The verdict is that of the Gauss–Newton linearisation/);
  expect(stdout).not.toMatch(/Interpolates/);
  const run = await runFileIn(at("ce"));
  expect(run.task).toMatchObject({ loss: "cross-entropy", model: { outputs: 2 } });

  const measured = await sgdscope("measure", "--run", await runIn(at("ce")), "--backend", "wasm", "--json", "--quiet");
  const found = JSON.parse(measured.stdout) as {
    loss: string;
    hessianDistance: { value: number };
    analysis: { outputLoss: { loss: number }; conditions: { criticalLearningRate: number }[] };
  };
  expect(found.loss).toBe("cross-entropy");
  expect(found.analysis.outputLoss.loss / run.record!.loss).toBeCloseTo(1, 4);
  expect(found.analysis.conditions[0]!.criticalLearningRate / run.record!.minimum!.criticalLearningRate).toBeCloseTo(
    1,
    4,
  );
  expect(found.hessianDistance.value).toBeGreaterThan(0);

  const other = await sgdscope("measure", "--run", await runIn(at("ce")), "--loss", "logistic");
  expect(other.stderr).toMatch(
    /--loss: expected none beside --run, which has the loss it was trained with, got logistic/,
  );
  const predicted = await sgdscope("predict", "--run", await runIn(at("ce")), "--backend", "wasm");
  expect([predicted.exitCode, predicted.stderr]).toEqual([
    2,
    expect.stringMatching(
      /--run: expected a run at a minimum that keeps its curvature, got one trained with the cross-entropy loss/,
    ),
  ]);
  const compared = await sgdscope("compare", "--run", await runIn(at("ce")), "--batch-size", "2", "--backend", "wasm");
  expect(compared.stdout).toMatch(/Gauss–Newton linearisation/);
});

it("predict --try steps by the loss of its run", async () => {
  const goal = [
    "--loss",
    "pseudo-huber",
    "--delta",
    "0.05",
    "--loss-below",
    "0.02",
    "--learning-rate",
    "0.2",
    "--max-steps",
    "3000",
  ];
  expect((await sgdscope(...shortTraining(at("huber"), ...goal))).stdout).toMatch(/Reached its goal/);
  const tried = await sgdscope(
    ...["predict", "--run", await runIn(at("huber")), "--multiples", "0.2", "--try", "--steps", "50"],
    ...["--backend", "wasm", "--json", "--quiet"],
  );
  const { predictions } = JSON.parse(tried.stdout) as { predictions: { trial: { startLoss: number } }[] };
  const { record } = await runFileIn(at("huber"));
  // Moved a little off the point, by the same loss: that of the square one is another number.
  expect(predictions[0]!.trial.startLoss / record!.loss).toBeGreaterThan(0.8);
  expect(predictions[0]!.trial.startLoss / record!.loss).toBeLessThan(1.25);
});

it("train without --loss keeps the name of its run", async () => {
  await sgdscope(...shortTraining(at("plain")));
  const run = await runFileIn(at("plain"));
  expect(run.task).not.toHaveProperty("loss");
  await sgdscope(...shortTraining(at("plain"), "--loss", "square"));
  expect((await readdir(at("plain"))).filter((name) => !name.startsWith("."))).toEqual([run.id]);
});

it.each([
  ["cross-entropy", 2, "softmax cross-entropy, label smoothing 0.2"],
  ["logistic", 1, "logistic loss, log(1 + eᶠ) − yf, label smoothing 0.2"],
] as const)(
  "predict --try at the minimum of %s with smoothed labels watches the excess",
  async (loss, outputs, label) => {
    const settings = ["--loss", loss, "--label-smoothing", "0.2", "--loss-below", "1e-9", "--learning-rate", "0.1"];
    const more = ["--widths", "32", "--batch-size", "8", "--warm-up", "0", "--every", "50", "--max-steps", "4000"];
    const trained = await sgdscope(...shortTraining(at(`soft-${loss}`), ...settings, ...more));
    expect(trained.stdout).toMatch(
      /Reached its goal, an excess loss below 1e-9, after \d+ steps, with the \S+ loss 0\.325, \S+e-1\d over the least that labels smoothed by 0\.2 allow\./,
    );
    const run = await runIn(at(`soft-${loss}`));
    const asked = ["--run", run, "--batch-size", "4", "--momentum", "0,0.9", "--multiples", "0.5,2", "--steps", "400"];
    const tried = await sgdscope("predict", ...asked, "--try", "--backend", "wasm", "--json", "--quiet");
    expect(tried.exitCode).toBe(0);
    const document = JSON.parse(tried.stdout) as {
      lossConvention: string;
      minimum: { lossLabel: string; outputs: number };
      predictions: { predicted: string; trial: { observed: string; startLoss: number; startExcess: number } }[];
    };
    expect(document.lossConvention).toContain(label);
    expect(document.minimum).toMatchObject({ lossLabel: label, outputs });
    expect(document.predictions).toHaveLength(4);
    const entropy = -0.9 * Math.log(0.9) - 0.1 * Math.log(0.1);
    for (const { predicted, trial } of document.predictions) {
      expect(trial.observed).toBe(predicted);
      expect(trial.startLoss - trial.startExcess).toBeCloseTo(entropy, 12);
      expect(trial.startExcess).toBeLessThan(1e-6);
    }
    const text = await sgdscope(
      "predict",
      ...asked.slice(0, 4),
      "--multiples",
      "0.5",
      "--try",
      "--steps",
      "20",
      "--quiet",
    );
    expect(text.stdout).toContain(label);
    expect(text.stdout).toContain("largest excess/first");
  },
);

it.each([
  [["--loss", "hinge"], /Allowed choices are square, cross-entropy, logistic, pseudo-huber/],
  [["--label-smoothing", "0.1"], /--label-smoothing: expected loss cross-entropy or logistic beside it, got square/],
  [["--loss", "logistic", "--delta", "2"], /--delta: expected loss pseudo-huber beside it, got logistic/],
])("train refuses %j", async (more, said) => {
  const { exitCode, stderr } = await sgdscope(...shortTraining(at("refused"), ...more));
  expect(stderr).toMatch(said);
  expect(exitCode).toBe(2);
});

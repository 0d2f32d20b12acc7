import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

let folder: string;
const at = (name: string): string => join(folder, name);
const json = (name: string, value: unknown): Promise<void> => writeFile(at(name), JSON.stringify(value));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-losses-"));
  await json("J.json", [
    [
      [1, 0, 1],
      [0, 1, 0],
    ],
    [
      [0, 2, 0],
      [1, 0, 1],
    ],
    [
      [1, 1, 0],
      [0, 0, 2],
    ],
  ]);
  await json("f.json", [
    [0.5, -0.5],
    [1, 0],
    [-0.2, 0.3],
  ]);
  await json("fitted.json", [
    [9, 0],
    [0, 9],
    [0, 9],
  ]);
  await json("y.json", [0, 1, 1]);
  await json("soft.json", [
    [1, 0],
    [0, 1],
    [0, 1],
  ]);
  await json("J1.json", [
    [1, 0],
    [1, 2],
    [-1, 1],
  ]);
  await json("f1.json", [0.2, -1, 0.7]);
  await json("counts.json", [0, 2, 1]);
  await json("far.json", [9, -1, 1]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const analyze = (...rest: string[]) => sgdscope("analyze", "--batch-size", "1,2,3", ...rest);
const crossEntropy = (...rest: string[]) =>
  analyze(
    "--jacobian",
    at("J.json"),
    "--loss",
    "cross-entropy",
    "--logits",
    at("f.json"),
    "--labels",
    at("y.json"),
    ...rest,
  );

describe("analyze --loss cross-entropy on three examples with known answers", () => {
  it("prints L, m, μ on both scales and the exact thresholds", async () => {
    const { exitCode, stdout } = await crossEntropy("--digits", "9");
    expect(exitCode).toBe(0);
    for (const line of [
      /loss L \(softmax cross-entropy\) +0\.700200120/,
      /m = \(1\/n\) Σ sᵀS⁺s, its natural scale +1\.23089731/,
      /μ {2}= Tr\(ΣG\)\/\(m‖G‖²_F\) +0\.324580515/,
      /μ with 2L for m +0\.285293641/,
      /3 examples × 2 outputs, rank 3; softmax cross-entropy; computed in Float64/,
      /exact.* 1\.57179743 +2\.39014575 +2\.54443069/,
      /batch sharpness, single examples +1\.05984322/,
    ])
      expect(stdout).toMatch(line);
    expect(stdout).toMatch(/^SGD .* stays at this point in mean square/);
    expect(stdout).toMatch(/! The verdict is that of the Gauss–Newton linearisation of this loss at this point/);
  });

  it("judges by leaving this point, never by diverging, also with momentum", async () => {
    const { stdout } = await crossEntropy("--learning-rate", "2", "--momentum", "0.9");
    expect(stdout).toMatch(
      /Unstable.*SGD with momentum β = 0\.9, η = 2, B = 1 .* leaves this point, second moments grow/,
    );
    const plain = await crossEntropy("--learning-rate", "2");
    expect(plain.stdout).toMatch(
      /Unstable.*leaves this point, the expected loss of its linearisation grows by the factor/,
    );
    for (const text of [stdout, plain.stdout]) expect(text).not.toMatch(/diverge|this minimum/);
  });

  it("writes the loss into the document", async () => {
    const { stdout } = await crossEntropy("--json", "--momentum", "0.9");
    const document = JSON.parse(stdout) as {
      schema: string;
      minimum: Record<string, unknown>;
      outputLoss: Record<string, number>;
      conditions: { criticalLearningRate: number; marks: { id: string }[] }[];
    };
    expect(document).toMatchObject({ schema: "sgdscope/analyze@2", minimum: { loss: "cross-entropy" } });
    expect(document.outputLoss["alignmentFactorOfLoss"]).toBeCloseTo(0.28529364061, 11);
    expect(document.outputLoss["alignmentFactor"]).toBeCloseTo(0.324580514927, 11);
    expect(document.conditions.map((one) => one.criticalLearningRate.toFixed(10))).toEqual([
      "0.3111883630",
      "1.1228841910",
      "4.8344183183",
    ]);
    expect(document.conditions[0]!.marks.map(({ id }) => id)).toEqual(["gauss-newton"]);
  });

  it("takes soft targets, weights and smoothing", async () => {
    const soft = await analyze(
      ...[
        "--jacobian",
        at("J.json"),
        "--loss",
        "cross-entropy",
        "--logits",
        at("f.json"),
        "--targets",
        at("soft.json"),
        "--digits",
        "9",
      ],
    );
    expect(soft.stdout).toBe((await crossEntropy("--digits", "9")).stdout);
    await json("w.json", [1, 0, 2]);
    expect((await crossEntropy("--example-weights", at("w.json"))).stdout).not.toBe(soft.stdout);
    expect((await crossEntropy("--label-smoothing", "0.1")).stdout).toMatch(
      /softmax cross-entropy, label smoothing 0\.1/,
    );
  });

  it("starts the curve of the expected loss at L", async () => {
    const { stdout } = await crossEntropy("--learning-rate", "0.5", "--curve", "10");
    expect(stdout).toMatch(/Expected loss E L_t of the Gauss–Newton linearisation, exact\n/);
    expect(stdout).toMatch(/0 +0\.700200 /);
  });

  it("says where the examples are fitted that every learning rate becomes stable", async () => {
    const { stdout } = await analyze(
      ...[
        "--jacobian",
        at("J.json"),
        "--loss",
        "cross-entropy",
        "--logits",
        at("fitted.json"),
        "--labels",
        at("y.json"),
      ],
    );
    expect(stdout).toMatch(/! The examples are fitted so well that .* every learning rate becomes stable/);
  });
});

describe("analyze with other losses", () => {
  const one = (loss: string, ...rest: string[]) =>
    analyze("--jacobian", at("J1.json"), "--logits", at("f1.json"), "--loss", loss, ...rest);

  it.each([
    ["logistic", ["--labels", "y.json"], /loss L \(logistic loss/],
    ["poisson", ["--targets", "counts.json"], /loss L \(Poisson loss/],
    ["huber", ["--targets", "counts.json", "--delta", "5"], /loss L \(Huber loss, δ = 5\)/],
    ["pseudo-huber", ["--targets", "far.json"], /loss L \(pseudo-Huber loss, δ = 1\)/],
    ["square", ["--targets", "far.json"], /loss L = \(1\/2n\) Σ‖r‖²/],
  ])("%s", async (loss, options, said) => {
    const { exitCode, stdout } = await one(loss, ...options.map((word) => (word.endsWith(".json") ? at(word) : word)));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(said);
  });

  it.each<[string, string[], RegExp]>([
    [
      "hinge",
      ["--loss", "hinge", "--logits", "f1", "--labels", "y"],
      /the hinge loss is piecewise linear: it has no curvature/,
    ],
    [
      "an unknown loss",
      ["--loss", "focal", "--logits", "f1", "--labels", "y"],
      /Expected one of square, cross-entropy, .* got 'focal'/,
    ],
    ["files of a loss without it", ["--residuals", "f1", "--logits", "f1"], /--logits needs --loss <name> beside it/],
    ["a loss without logits", ["--loss", "poisson", "--targets", "counts"], /--loss poisson needs --logits <file>/],
    [
      "a loss without targets",
      ["--loss", "poisson", "--logits", "f1"],
      /--loss poisson needs --targets <file> beside it/,
    ],
    [
      "labels and targets",
      ["--loss", "logistic", "--logits", "f1", "--labels", "y", "--targets", "y"],
      /--labels and --targets: expected one of them, got both/,
    ],
    [
      "labels of counts",
      ["--loss", "poisson", "--logits", "f1", "--labels", "counts"],
      /--labels: expected targets for the poisson loss/,
    ],
    [
      "residuals too",
      ["--loss", "logistic", "--logits", "f1", "--labels", "y", "--residuals", "f1"],
      /--residuals: expected none beside --loss logistic/,
    ],
    [
      "residuals and logits",
      ["--loss", "square", "--logits", "f1", "--residuals", "f1"],
      /--residuals: expected none beside --logits/,
    ],
    [
      "smoothing of another",
      ["--loss", "huber", "--logits", "f1", "--labels", "y", "--label-smoothing", "0.1"],
      /--label-smoothing: expected --loss cross-entropy or logistic beside it, got huber/,
    ],
    [
      "δ of another",
      ["--loss", "logistic", "--logits", "f1", "--labels", "y", "--delta", "1"],
      /--delta: expected --loss huber or pseudo-huber/,
    ],
    [
      "smoothing out of range",
      ["--loss", "cross-entropy", "--logits", "f1", "--labels", "y", "--label-smoothing", "1"],
      /in \[0, 1\), got '1'/,
    ],
    [
      "one logit under softmax",
      ["--loss", "cross-entropy", "--logits", "f1", "--labels", "y"],
      /at least 2 outputs per example, got 1; with one logit per example the loss is logistic/,
    ],
    [
      "an outlier of Huber",
      ["--loss", "huber", "--logits", "f1", "--targets", "far"],
      /the residual -8\.8 at output 0 of example 0 is beyond δ = 1/,
    ],
    [
      "negative counts",
      ["--loss", "poisson", "--logits", "f1", "--targets", "f1"],
      /expected targets of at least 0, got -1 at output 0 of example 1/,
    ],
    [
      "logits of two classes",
      ["--loss", "cross-entropy", "--logits", "f", "--labels", "y"],
      /--jacobian: shape \[3, 2\] has 3 rows, and logits have shape \[3, 2\]/,
    ],
    [
      "labels beyond",
      ["--loss", "logistic", "--logits", "f1", "--labels", "counts"],
      /--labels: expected labels 0 and 1, got 2 at position 1/,
    ],
  ])("refuses %s with exit code 2", async (_, options, said) => {
    const files = ["f", "f1", "y", "counts", "far"];
    const words = options.map((word) => (files.includes(word) ? at(`${word}.json`) : word));
    const { exitCode, stderr } = await analyze("--jacobian", at("J1.json"), ...words);
    expect(stderr).toMatch(said);
    expect(exitCode).toBe(2);
  });

  it("the square loss by name is that of residuals", async () => {
    const files = ["--jacobian", at("J1.json"), "--residuals", at("f1.json")];
    expect((await analyze(...files, "--loss", "square")).stdout).toBe((await analyze(...files)).stdout);
  });
});

describe("diagram and compare of another loss", () => {
  const files = (): string[] => [
    ...["--jacobian", at("J.json"), "--loss", "cross-entropy", "--logits", at("f.json"), "--labels", at("y.json")],
  ];

  it("diagram changes sign at the known thresholds, names the loss and repeats it in its command", async () => {
    const out = at("diagram");
    const { exitCode, stdout } = await sgdscope(
      "diagram",
      ...files(),
      "--learning-rates",
      "1,3,5",
      "--out",
      out,
      "--quiet",
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/exact mean-square threshold +exact +1\.572 +2\.390 +2\.544/);
    expect(stdout).toMatch(/! The verdict is that of the Gauss–Newton linearisation/);
    const page = await readFile(join(out, "diagram.html"), "utf8");
    expect(page).toContain("with the loss softmax cross-entropy, by its Gauss–Newton linearisation");
    expect(page).toMatch(/SGD stays at this point/);
    expect(page).not.toContain("square loss");
    const document = JSON.parse(await readFile(join(out, "diagram.json"), "utf8")) as {
      lossConvention: string;
      command: string;
    };
    expect(document.lossConvention).toBe("L = (1/n) sum loss(f, y): softmax cross-entropy");
    expect(document.command).toContain(`--loss cross-entropy --logits ${at("f.json")} --labels ${at("y.json")}`);
  });

  it("compare has the known thresholds and names the loss", async () => {
    const { stdout } = await sgdscope("compare", ...files(), "--batch-size", "1,2,3");
    expect(stdout).toMatch(/3 examples × \d output.*; softmax cross-entropy/);
    expect(stdout).toMatch(/1 +1\.572/);
    expect(stdout).toMatch(/Gauss–Newton linearisation/);
    const { stdout: json } = await sgdscope("compare", ...files(), "--batch-size", "1", "--json");
    expect(JSON.parse(json)).toMatchObject({
      lossConvention: "L = (1/n) sum loss(f, y): softmax cross-entropy",
      minimum: { lossLabel: "softmax cross-entropy" },
    });
  });

  it.each(["diagram", "compare"])("%s refuses a loss beside a run, and files of a loss without it", async (command) => {
    const run = await sgdscope(command, "--run", at("nowhere"), "--logits", at("f.json"));
    expect([run.exitCode, run.stderr]).toEqual([
      2,
      expect.stringMatching(/'--logits <file>' cannot be used with option '--run/),
    ]);
    const alone = await sgdscope(command, "--labels", at("y.json"));
    expect([alone.exitCode, alone.stderr]).toEqual([2, expect.stringMatching(/no minimum was named/)]);
    const bare = await sgdscope(
      command,
      "--jacobian",
      at("J.json"),
      "--residuals",
      at("f.json"),
      "--labels",
      at("y.json"),
    );
    expect([bare.exitCode, bare.stderr]).toEqual([2, expect.stringMatching(/--labels needs --loss <name> beside it/)]);
  });
});

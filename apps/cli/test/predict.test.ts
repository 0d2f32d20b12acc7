import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";
import { runIn } from "./train-support.js";

let folder: string;
let run: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-predict-"));
  const { exitCode } = await sgdscope(
    ...["train", "--data", "synthetic", "--count", "12", "--widths", "16", "--learning-rate", "0.02"],
    ...["--batch-size", "4"],
    ...["--momentum", "0.5", "--nesterov", "--warm-up", "20", "--every", "50", "--max-steps", "5000"],
    ...["--loss-below", "1e-6", "--quiet", "--out", folder],
  );
  expect(exitCode).toBe(0);
  run = await runIn(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  schema: string;
  predictions: {
    optimizer: { kind: string; momentum?: number };
    batchSize: number;
    learningRate: number;
    edgeRatio: number;
    growthRate: number;
    predicted: string;
    trial: { observed: string; largestRatio: number; judged: boolean } | null;
  }[];
}

describe("predict", () => {
  it("asks about the run's own optimizer and batch size where nothing is said, and runs nothing", async () => {
    const { stdout, exitCode } = await sgdscope("predict", "--run", run, "--json", "--quiet");
    expect(exitCode).toBe(0);
    const { schema, predictions } = JSON.parse(stdout) as Document;
    expect(schema).toBe("sgdscope/predict@1");
    [0.5, 0.8, 1.25, 2].forEach((multiple, k) => expect(predictions[k]!.edgeRatio).toBeCloseTo(multiple, 9));
    for (const { optimizer, batchSize, predicted, edgeRatio, growthRate, trial } of predictions) {
      expect([optimizer, batchSize, trial]).toEqual([{ kind: "nesterov", momentum: 0.5 }, 4, null]);
      expect([predicted, growthRate < 0]).toEqual(edgeRatio < 1 ? ["stays", true] : ["leaves", false]);
    }
  });

  it("tries them, and each does as predicted; the run is as it was", async () => {
    const before = await readFile(join(run, "run.json"), "utf8");
    const asked = ["--batch-size", "2,12", "--momentum", "0,0.9", "--multiples", "0.5,2", "--try", "--steps", "1500"];
    const { stdout, exitCode } = await sgdscope("predict", "--run", run, ...asked, "--json", "--quiet");
    const { predictions } = JSON.parse(stdout) as Document;
    expect(predictions).toHaveLength(8);
    for (const { predicted, trial } of predictions) {
      expect(trial).toMatchObject({ observed: predicted, judged: true });
      expect(trial!.largestRatio > 100).toBe(predicted === "leaves");
    }
    expect(exitCode).toBe(0);
    expect(await readFile(join(run, "run.json"), "utf8")).toBe(before);
    const text = await sgdscope(
      "predict",
      "--run",
      run,
      "--learning-rate",
      "1e-4",
      "--try",
      "--steps",
      "100",
      "--quiet",
    );
    expect(text.stdout).toMatch(/^1 of 1 run beyond 10 % of the edge did as predicted\.\n/);
    expect(text.stdout).toMatch(/SGD with Nesterov's momentum β = 0\.5 +4 +1\.00e-4 .* stays +stays/);
  });

  it("says where a prediction is not one on how the run was trained: Adam, epochs, weight decay", async () => {
    const trained = async (name: string, ...more: string[]): Promise<string> => {
      const { exitCode } = await sgdscope(
        ...["train", "--data", "synthetic", "--count", "12", "--widths", "16", "--batch-size", "4", "--warm-up", "0"],
        ...["--every", "50", "--max-steps", "5000", "--quiet", "--out", join(folder, name), ...more],
      );
      expect(exitCode).toBe(0);
      return runIn(join(folder, name));
    };
    const adam = await trained("adam", "--learning-rate", "0.001", "--optimizer", "adam", "--loss-below", "1e-6");
    const { stdout } = await sgdscope("predict", "--run", adam, "--quiet");
    expect(stdout).toMatch(/\n! Trained with Adam or RMSprop; judged as plain SGD/);
    const asked = await sgdscope("predict", "--run", adam, "--momentum", "0.9", "--quiet");
    expect(asked.stdout).not.toContain("! ");
    const epochs = await trained("epochs", "--learning-rate", "0.02", "--sampling", "epoch-shuffle");
    const { marks, predictions } = JSON.parse(
      (await sgdscope("predict", "--run", epochs, "--json", "--quiet")).stdout,
    ) as Document & { marks: { id: string }[] };
    expect(marks.map(({ id }) => id)).toEqual(["epoch-shuffle"]);
    expect(predictions[0]).toMatchObject({ sampling: "without-replacement" });
    const refused = await sgdscope("predict", "--run", epochs, "--sampling", "epoch-shuffle", "--quiet");
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining("--sampling: epoch-shuffle has no"),
    ]);
    const parts = await sgdscope("predict", "--run", epochs, "--batch-size", "2.5", "--quiet");
    expect([parts.exitCode, parts.stderr]).toEqual([2, expect.stringContaining("--batch-size")]);
  });

  it("refuses a run that is no minimum, and batches that are none", async () => {
    const { exitCode } = await sgdscope(
      ...[
        "train",
        "--data",
        "synthetic",
        "--count",
        "12",
        "--widths",
        "8",
        "--learning-rate",
        "0.001",
        "--batch-size",
        "4",
      ],
      ...["--max-steps", "50", "--every", "50", "--quiet", "--out", join(folder, "short")],
    );
    expect(exitCode).toBe(0);
    const short = await sgdscope("predict", "--run", await runIn(join(folder, "short")), "--quiet");
    expect([short.exitCode, short.stderr]).toEqual([
      2,
      expect.stringContaining("--run: expected a run that reached its goal"),
    ]);
    const large = await sgdscope("predict", "--run", run, "--batch-size", "13", "--quiet");
    expect([large.exitCode, large.stderr]).toEqual([2, expect.stringContaining("at most 12, the number of examples")]);
    const nesterov = await sgdscope("predict", "--run", run, "--nesterov", "--momentum", "0", "--quiet");
    expect([nesterov.exitCode, nesterov.stderr]).toEqual([2, expect.stringContaining("--nesterov needs --momentum")]);
  });
});

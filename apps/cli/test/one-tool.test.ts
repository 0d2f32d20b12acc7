import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sgdscope } from "./support.js";

vi.setConfig({ testTimeout: 120_000 });

interface Said {
  minimum: { outputs: number; examples: number; rank: number; lossLabel?: string };
  marks: { id: string }[];
}

let folder: string;
let run: string;
/** A training by momentum and cross-entropy whose smoothed labels are fitted. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-one-tool-"));
  const { exitCode, stdout } = await sgdscope(
    ...["train", "--data", "synthetic", "--classes", "0,1,2", "--count", "9", "--widths", "6", "--seed", "1"],
    ...["--loss", "cross-entropy", "--label-smoothing", "0.2", "--momentum", "0.5", "--learning-rate", "0.02"],
    ...["--batch-size", "3", "--warm-up", "10", "--every", "100", "--backend", "wasm", "--out", folder],
    ...["--quiet", "--json"],
  );
  expect(exitCode).toBe(0);
  const { id, record } = JSON.parse(stdout) as { id: string; record: { interpolates: boolean } };
  expect(record.interpolates).toBe(true);
  run = join(folder, id);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const said = async (command: string, ...more: string[]): Promise<Said> => {
  const { stdout } = await sgdscope(command, "--run", run, "--backend", "wasm", "--quiet", "--json", ...more);
  return JSON.parse(stdout) as Said;
};

describe("a run by momentum and cross-entropy", () => {
  it("is the same minimum of the same model in every command, under the same marks", async () => {
    const [predicted, compared, drawn] = [
      await said("predict"),
      await said("compare"),
      await said("diagram", "--learning-rates", "0.01,0.1,2", "--batch-size", "3", "--out", join(folder, "diagram")),
    ];
    const measured = (await said("measure", "--products", "20")) as unknown as {
      outputs: number;
      analysis: { minimum: { rank: number }; conditions: { marks: { id: string }[] }[] };
    };
    expect(measured.outputs).toBe(3);
    for (const { minimum } of [predicted, compared, drawn])
      expect(minimum).toMatchObject({
        ...{ examples: 9, outputs: 3, rank: measured.analysis.minimum.rank },
        lossLabel: "softmax cross-entropy, label smoothing 0.2",
      });
    const ids = measured.analysis.conditions[0]!.marks.map(({ id }) => id);
    expect(ids).toContain("gauss-newton");
    for (const { marks } of [predicted, drawn]) expect(marks.map(({ id }) => id)).toEqual(ids);
    // The formulas that are compared know plain SGD alone.
    expect(compared.marks.map(({ id }) => id)).toEqual(["momentum", ...ids]);
  });

  it("is marked in words too", async () => {
    const loss = "! The verdict is that of the Gauss–Newton linearisation of this loss at this point";
    const text = async (command: string): Promise<string> =>
      (await sgdscope(command, "--run", run, "--backend", "wasm", "--quiet")).stdout;
    expect(await text("predict")).toContain(loss);
    const compared = await text("compare");
    expect(compared).toContain(loss);
    expect(compared).toContain("! Trained with momentum; judged as plain SGD, whose threshold differs.");
    expect(compared).toContain("Critical learning rates of plain SGD, without-replacement");
  });
});

describe("Nesterov's momentum without a momentum", () => {
  it.each([
    ["analyze", ["--gram", "K.npy", "--residuals", "r.npy", "--batch-size", "1"]],
    ["predict", ["--run", "run"]],
    ["diagram", ["--run", "run"]],
  ])("is refused in the same words by %s", async (command, words) => {
    const named = words.map((word) => (word === "run" ? run : word));
    for (const more of [[], ["--momentum", "0"]]) {
      const { exitCode, stderr } = await sgdscope(command, ...named, "--nesterov", ...more);
      expect([exitCode, stderr.split("\n")[0]]).toEqual([2, "error: --nesterov needs --momentum <β> above 0"]);
    }
  });

  it("is refused beside another optimizer by the name that was asked for", async () => {
    const { stderr } = await sgdscope(
      ...["analyze", "--jacobian", "J.npy", "--preconditioner", "P.npy", "--residuals", "r.npy", "--batch-size", "1"],
      ...["--optimizer", "adam", "--nesterov"],
    );
    expect(stderr).toBe("error: --nesterov: expected --optimizer nesterov or none beside it, got adam\n");
  });
});

describe("options that several commands share", () => {
  const helpOf = async (command: string): Promise<Map<string, string>> => {
    const { stdout } = await sgdscope(command, "--help");
    const entries = stdout.slice(stdout.indexOf("Options:")).split(/\n {2}(?=--)/);
    return new Map(
      entries.slice(1).map((entry) => {
        const [, name, text] = /^(--[\w-]+)(?: <[^>]*>)?\s+([^]*)$/.exec(entry)!;
        return [
          name!,
          text!
            .split(/\n\n|\n {2}-h/)[0]!
            .replaceAll(/\s+/g, " ")
            .trim(),
        ];
      }),
    );
  };

  it("say the same of the optimizer and of losses", async () => {
    const commands = ["train", "measure", "analyze", "predict", "diagram", "compare"];
    const helps = await Promise.all(commands.map(helpOf));
    const texts = (option: string): Set<string> =>
      new Set(helps.flatMap((help) => (help.has(option) ? [help.get(option)!.replace(/ \(default.*/, "")] : [])));
    expect(texts("--nesterov")).toEqual(new Set(["Nesterov's momentum in the place of the heavy ball's"]));
    expect(texts("--weight-decay")).toEqual(
      new Set(["coupled weight decay of the optimizer, as PyTorch's weight_decay"]),
    );
    expect(texts("--label-smoothing").size).toBe(1);
    expect(texts("--json").size).toBe(commands.length);
    for (const text of texts("--json")) expect(text).toMatch(/^print one JSON document \(schema sgdscope\/[\w-]+@\d/);
    expect(helps.every((help) => help.has("--quiet"))).toBe(true);
  });
});

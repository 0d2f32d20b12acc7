import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectedLoss } from "@sgdscope/stability-criterion";
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
  conditions: {
    batchSize: number;
    optimizer: object;
    criticalLearningRate: number;
    meanEdge: number;
    verdict: object | null;
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
    const { conditions } = await documentOf(...options);
    expect(conditions.map(({ batchSize }) => batchSize)).toEqual([1, 2, 3]);
    conditions.forEach(({ criticalLearningRate, verdict }, k) => {
      expect(criticalLearningRate / answers[k]!).toBeCloseTo(1, 10);
      expect(verdict).toBeNull();
    });
    expect(conditions[2]!.meanEdge / answers[2]!).toBeCloseTo(1, 10);
  });

  it("opens with the verdict on that optimizer, and calls the rest plain SGD", async () => {
    const { stdout } = await sgdscope("analyze", ...files, "--momentum", "0.9", "--learning-rate", "0.2");
    const [first, second] = stdout.split("\n");
    expect(first).toBe(
      "Unstable: SGD with momentum β = 0.9, η = 0.2, B = 1 (without-replacement) leaves this minimum, second moments grow by the factor 1.089 per step; η is 1.751 times its own exact threshold η* (0.5723 for plain SGD). η below 0.1143 would stay, and so would large enough batches: full-batch training with this optimizer stays up to 2.141.",
    );
    expect(second).toMatch(/^Stable: SGD with momentum β = 0\.9, η = 0\.2, B = 2 \(without-replacement\) stays/);
    expect(stdout).toContain(
      "Critical learning rates, without-replacement; from the second exact row on, those of plain SGD\n",
    );
    expect(stdout).toMatch(
      /\n {2}exact: SGD with momentum β = 0\.9 +exact +0\.114250 +0\.415559 +2\.14149 +derived here\n/,
    );
    // The alignment theorem is one on plain SGD.
    expect(stdout).not.toContain("1/(η√(pμ))");
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

  it("follows the expected loss and the cloud of that optimizer", async () => {
    const asked = ["--momentum", "0.9", "--learning-rate", "0.05", "--curve", "3", "--cloud"];
    const { dynamics } = JSON.parse((await sgdscope("analyze", ...files, "--json", ...asked)).stdout) as {
      dynamics: { batchSize: number; expectedLoss: { losses: number[] }; cloud: { excessLoss: number } }[];
    };
    const system = {
      examples: 3,
      outputs: 1,
      gram: Float64Array.of(2, 0, 1, 0, 4, 2, 1, 2, 2),
      residuals: Float64Array.of(1, -1, 2),
    };
    const optimizer = { kind: "heavy-ball", momentum: 0.9 } as const;
    for (const { batchSize, expectedLoss: found } of dynamics) {
      const { losses } = expectedLoss(system, { learningRate: 0.05, steps: 3, batchSize, optimizer });
      found.losses.forEach((loss, t) => expect(loss / losses[t]!).toBeCloseTo(1, 12));
    }
    const { stdout } = await sgdscope("analyze", ...files, ...asked);
    expect(stdout).toContain("Dynamics of SGD with momentum β = 0.9, linearised\n");
    expect(stdout).toContain("B = 1: it settles in a cloud");
  });

  it("speaks of plain SGD alone where no other is asked for", async () => {
    expect((await documentOf()).conditions.map(({ optimizer }) => optimizer)).toEqual(Array(3).fill({ kind: "sgd" }));
    expect((await sgdscope("analyze", ...files)).stdout).not.toContain("plain SGD");
  });

  it("judges Adam and RMSprop with their second moment frozen, by JP⁻¹Jᵀ", async () => {
    const put = async (name: string, value: unknown): Promise<string> => {
      await writeFile(join(folder, name), JSON.stringify(value));
      return join(folder, name);
    };
    const J = await put("J.json", [
      [1, 0, 1],
      [0, 2, 0],
      [1, 1, 0],
    ]);
    const P = await put("P.json", [1, 4, 2]);
    const base = ["analyze", "--jacobian", J, "--residuals", files[3]!, "--batch-size", "1,2,3", "--quiet"];
    const thresholds = async (...rest: string[]): Promise<number[]> => {
      const { stdout } = await sgdscope(...base, "--json", ...rest);
      return (JSON.parse(stdout) as Document).conditions.map(({ criticalLearningRate }) => criticalLearningRate);
    };
    const expectAll = (found: number[], answers: number[]): void =>
      found.forEach((rate, k) => expect(rate / answers[k]!).toBeCloseTo(1, 10));
    const plain = [1.471711754746, 2.175373352492, 2.437718804043];
    expectAll(await thresholds("--preconditioner", P), plain);
    expectAll(await thresholds("--preconditioner", P, "--optimizer", "rmsprop"), plain);
    const adam = [2.857974933254, 10.16146279056, 46.316657276812];
    expectAll(await thresholds("--preconditioner", P, "--optimizer", "adam"), adam);
    // A step of η that is 1 + κ times as long along some parameters: P = 1/(1 + κ) there.
    const flat = await put("flat.json", [1, 0.25, 1]);
    const scaled = await put("scaled.json", [
      [1, 0, 1],
      [0, 4, 0],
      [1, 2, 0],
    ]);
    const other = await sgdscope("analyze", "--jacobian", scaled, ...base.slice(3), "--json");
    expectAll(
      await thresholds("--preconditioner", flat),
      (JSON.parse(other.stdout) as Document).conditions.map(({ criticalLearningRate }) => criticalLearningRate),
    );
    const { stdout } = await sgdscope(...base, "--preconditioner", P, "--optimizer", "adam", "--learning-rate", "3");
    expect(stdout).toMatch(/^Unstable: Preconditioned SGD with averaged momentum β = 0\.9, η = 3, B = 1/);
    expect(stdout).toContain("in the coordinates P^(1/2)θ");
    for (const [rest, text] of [
      [["--optimizer", "adam"], "--optimizer adam needs --preconditioner"],
      [["--preconditioner", P, "--weight-decay", "0.1"], "--weight-decay: expected none beside a preconditioner"],
      [
        ["--preconditioner", files[3]!, "--optimizer", "rmsprop"],
        "--preconditioner: expected positive numbers, got -1",
      ],
      [
        ["--preconditioner", await put("two.json", [1, 2])],
        "--preconditioner: expected shape [3], one number per column",
      ],
    ] as const) {
      const refused = await sgdscope(...base, ...rest);
      expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining(text)]);
    }
    // The other commands that take it say so and refuse alike.
    const there = ["--jacobian", J, "--residuals", files[3]!, "--batch-size", "1", "--preconditioner", P, "--quiet"];
    const diagram = await sgdscope(
      ...["diagram", ...there, "--learning-rates", "1,2,2", "--out", join(folder, "preconditioned"), "--json"],
    );
    expect(JSON.parse(diagram.stdout)).toMatchObject({ minimum: { name: `${J}, preconditioned by ${P}` } });
    const decaying = await sgdscope("diagram", ...there, "--weight-decay", "0.1", "--out", join(folder, "no"));
    expect([decaying.exitCode, decaying.stderr]).toEqual([2, expect.stringContaining("--weight-decay: expected none")]);
    expect((await sgdscope("compare", ...there.slice(0, -1))).stdout).toContain(`preconditioned by ${P}`);
    const gram = await sgdscope("analyze", ...files, "--preconditioner", P);
    expect([gram.exitCode, gram.stderr]).toEqual([2, expect.stringContaining("--preconditioner")]);
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
    expect(await wrong("--optimizer", "lion", "--momentum", "0.9")).toContain("Allowed choices are sgd, heavy-ball");
    expect(await wrong("--weight-decay", "-1")).toContain("Expected a number from 0 up");
    expect(await wrong("--momentum", "0.9", "--learning-rate", "0.1", "--lyapunov")).toContain(
      "--lyapunov: expected plain SGD, got an optimizer with momentum or weight decay",
    );
    expect(await wrong("--momentum", "0.9", "--weight-decay", "0.1", "--learning-rate", "0.1", "--cloud")).toContain(
      "--cloud: expected an optimizer without weight decay",
    );
  });
});

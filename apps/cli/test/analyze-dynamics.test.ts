import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope } from "./support.js";

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dynamics-"));
  const write = async (name: string, value: unknown): Promise<string> => {
    await writeFile(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };
  // Two examples of one parameter: J = (1, 2), so H = 2.5, and residuals of which (2, −1)/5 · 3 is not realizable.
  files = [
    "--gram",
    await write("K.json", [
      [1, 2],
      [2, 4],
    ]),
    ...["--residuals", await write("r.json", [1, 0]), "--outputs", "1", "--batch-size", "1", "--quiet"],
  ];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  scales: { batchSharpness: number; simpleNoiseScale: number };
  dynamics: {
    expectedLoss: { losses: number[]; floor: number } | null;
    lyapunov: { value: number; standardError: number } | null;
    cloud: { squaredDistance: number; excessLoss: number } | string | null;
    escapeDirections: { limit: number } | null;
  }[];
}
const documentOf = async (...rest: string[]): Promise<Document> =>
  JSON.parse((await sgdscope("analyze", ...files, "--json", ...rest)).stdout) as Document;

describe("analyze, beyond the verdict", () => {
  it("gives the exact curve of the expected loss, by hand", async () => {
    const eta = 0.2;
    const { dynamics } = await documentOf("--learning-rate", String(eta), "--curve", "3");
    // δ ← δ − ηJᵢ(Jᵢδ + sᵢ), by enumeration of both examples; s = r − Jδ₀ outside the range, δ₀ = 1/5.
    const [J, s] = [
      [1, 2],
      [0.8, -0.4],
    ];
    let paths = [0.2];
    const losses = [];
    for (let t = 0; t <= 3; t++) {
      const loss = paths.map((delta) => J.reduce((sum, j, i) => sum + (j * delta + s[i]!) ** 2, 0) / 4);
      losses.push(loss.reduce((sum, one) => sum + one, 0) / paths.length);
      paths = paths.flatMap((delta) => J.map((j, i) => delta - eta * j * (j * delta + s[i]!)));
    }
    for (const [t, loss] of losses.entries()) expect(dynamics[0]!.expectedLoss!.losses[t]).toBeCloseTo(loss, 12);
    expect(dynamics[0]!.expectedLoss!.floor).toBeCloseTo((0.64 + 0.16) / 4, 12);
    expect(dynamics[0]).toMatchObject({ lyapunov: null, cloud: null, escapeDirections: null });
  });

  it("gives the Lyapunov exponent within its error, and the cloud in closed form", async () => {
    const eta = 0.1;
    const { dynamics, scales } = await documentOf("--learning-rate", String(eta), "--lyapunov", "--cloud");
    const [{ lyapunov, cloud }] = dynamics as [Document["dynamics"][number]];
    const exponent = (Math.log(Math.abs(1 - eta)) + Math.log(Math.abs(1 - 4 * eta))) / 2;
    expect(Math.abs(lyapunov!.value - exponent)).toBeLessThan(5 * lyapunov!.standardError);
    // q = E(1 − ηJ²)² q + η² E(Js)²
    const factor = ((1 - eta) ** 2 + (1 - 4 * eta) ** 2) / 2;
    const variance = (eta ** 2 * (0.64 + 4 * 0.16)) / 2 / (1 - factor);
    expect(cloud).toMatchObject({ squaredDistance: expect.closeTo(variance, 12) as number });
    expect(scales.batchSharpness).toBeCloseTo(1, 12); // the second example has no gradient
    const gradient = 0.5; // (1/2) Σ Jᵢrᵢ
    expect(scales.simpleNoiseScale).toBeCloseTo((0.5 - gradient ** 2) / gradient ** 2, 12);
  });

  it("says so in words, and where SGD settles nowhere", async () => {
    const stable = await sgdscope(
      "analyze",
      ...files,
      "--learning-rate",
      "0.1",
      "--curve",
      "100",
      "--lyapunov",
      "--cloud",
    );
    expect(stable.stdout).toMatch(/Expected loss E L_t, exact; 0\.200000 of it is a floor that no step can reduce\n/);
    expect(stable.stdout).toMatch(/\n +100 +0\.\d+\n/);
    expect(stable.stdout).toMatch(/the Lyapunov exponent is -0\.3\d+ ± 0\.0\d+ per step: almost every path returns/);
    const unstable = await sgdscope(
      "analyze",
      ...files,
      "--learning-rate",
      "0.7",
      "--cloud",
      "--escape-directions",
      "1",
    );
    expect(unstable.stdout).toContain("B = 1: it settles nowhere, since η is not below η*");
    expect(unstable.stdout).toContain("the loss outside the 1 sharpest directions over that inside tends to D_k = 0");
  });

  it("refuses what it cannot answer, naming the option", async () => {
    const wrong = async (...rest: string[]): Promise<string> => {
      const { exitCode, stderr } = await sgdscope("analyze", ...files, ...rest);
      expect(exitCode).toBe(2);
      return stderr;
    };
    expect(await wrong("--curve", "10")).toContain("--curve needs --learning-rate <η>");
    expect(await wrong("--lyapunov")).toContain("--lyapunov needs --learning-rate");
    expect(await wrong("--learning-rate", "0.1", "--escape-directions", "2")).toContain(
      "--escape-directions: expected at most the rank of the Gram matrix, 1, got 2",
    );
  });
});

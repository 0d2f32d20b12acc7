import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gramOfRows } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analysisCost, productSecondsPerCube, expectedAnalysis } from "../src/sources/estimate.js";
import { heartbeatOn } from "../src/terminal/heartbeat.js";
import { progressOn } from "../src/terminal/progress.js";
import { sgdscope } from "./support.js";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sgdscope-estimate-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));
const size = { examples: 2000, outputs: 10, batchSizes: 2, judged: true };

describe("what an analysis takes is told before it begins", () => {
  it("2000 examples of ten outputs: days, matrices that no common machine holds, and what helps", () => {
    const machine = { secondsPerCube: () => 4.6e-9, memory: 16 * 2 ** 30 };
    const { note, cost } = expectedAnalysis(size, "fewer examples take less", machine)!;
    expect(cost.bytes).toBeGreaterThanOrEqual(6 * 8 * 20_000 ** 2);
    expect(cost.seconds).toBeGreaterThan(86_400);
    expect(note).toMatch(
      /20000 × 20000 Gram matrix .* takes up to \d+ days and 33 GiB of memory, more than the 16 GiB of this machine; fewer examples/,
    );
  });

  it("says nothing of what takes no time, and does not even measure the machine then", () => {
    const secondsPerCube = (): never => {
      throw new Error("not to be asked");
    };
    expect(expectedAnalysis({ ...size, examples: 19 }, "", { secondsPerCube })).toBeUndefined();
    expect(expectedAnalysis({ ...size, examples: 25 }, "", { secondsPerCube: () => 1e-9 })).toBeUndefined();
  });

  it("grows with the cube of examples and outputs, with batch sizes, and with a learning rate", () => {
    const seconds = (change: Partial<typeof size>) => analysisCost({ ...size, ...change }, 1e-9).seconds;
    expect(seconds({ examples: 4000 }) / seconds({})).toBeCloseTo(8, 9);
    expect(seconds({ outputs: 20 }) / seconds({})).toBeCloseTo(8, 9);
    expect(seconds({ batchSizes: 3 })).toBeGreaterThan(seconds({}));
    expect(seconds({ judged: false })).toBeLessThan(seconds({}));
  });

  it("measures the machine: between 10 MHz and a terahertz", () => {
    const seconds = productSecondsPerCube();
    expect(seconds).toBeGreaterThan(1e-12);
    expect(seconds).toBeLessThan(1e-6);
  });

  it("is a note of analyze, which --quiet leaves out", async () => {
    const rows = 260;
    const random = seededRandom(1);
    const gram = gramOfRows(gaussian(rows * 4, random), rows, 4);
    const lines = Array.from({ length: rows }, (_, a) => [...gram.subarray(a * rows, (a + 1) * rows)]);
    await writeFile(join(folder, "K.json"), JSON.stringify(lines));
    await writeFile(join(folder, "r.json"), JSON.stringify([...gaussian(rows, random)]));
    const batches = Array.from({ length: 300 }, () => 259).join(",");
    const argv = ["analyze", "--gram", join(folder, "K.json"), "--residuals", join(folder, "r.json"), "--outputs", "1"];
    const told = await sgdscope(...argv, "--batch-size", batches);
    expect(told).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/note: the 260 × 260 Gram matrix of 260 examples × 1 output takes up to/) as string,
    });
    expect((await sgdscope(...argv, "--batch-size", batches, "--quiet")).stderr).toBe("");
  });
});

describe("a computation that lets nothing through", () => {
  const block = (milliseconds: number): void => {
    for (const start = Date.now(); Date.now() - start < milliseconds;);
  };

  it("is told of by another thread, and by nobody once it has ended", async () => {
    const place = join(folder, "beats");
    const file = await open(place, "w");
    const heart = heartbeatOn(file.fd, { terminal: false, every: 100, seconds: 100, expected: "2 min" });
    heart.beat(0.25, "eigenvalues");
    block(1500);
    heart.end();
    const lines = (await readFile(place, "utf8")).trim().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) expect(line).toMatch(/^ *25 % {2}\d+ s of up to 2 min {2}eigenvalues$/);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await readFile(place, "utf8")).trim().split("\n").length).toBeLessThanOrEqual(lines.length + 1);
    await file.close();
  });

  it("draws on a terminal every second, and leaves an empty line", async () => {
    const place = join(folder, "terminal");
    const file = await open(place, "a");
    let written = "";
    const terminal = { fd: file.fd, isTTY: true, write: (text: string) => (written += text) };
    const progress = progressOn(terminal, false);
    progress.expect(60, "1 min");
    progress.update(0.5, "exact threshold, B = 1");
    block(3600);
    progress.end();
    const drawn = (await readFile(place, "utf8")).split("\r\u001b[2K").slice(1);
    expect(drawn.length).toBeGreaterThanOrEqual(2);
    expect(drawn.at(-1)).toMatch(/50 % {2}\d s of up to 1 min {2}exact threshold, B = 1$/);
    expect(written.endsWith("\r\u001b[2K")).toBe(true);
    await file.close();
  });
});

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseJson } from "@sgdscope/array-files";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { edgeText, probingText } from "../src/train/probe.js";
import { sgdscope } from "./support.js";
import { runFileIn, runIn, shortTraining } from "./train-support.js";

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-train-probe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A short training that says on standard error what it did. */
const aloud = (out: string, ...more: string[]): string[] =>
  shortTraining(out, "--max-steps", "100", "--backend", "wasm", ...more).filter((word) => word !== "--quiet");
const metricsOf = async (out: string): Promise<Record<string, number>[]> =>
  (await readFile(join(await runIn(out), "metrics.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => parseJson(line) as Record<string, number>);

describe("train --probe", () => {
  it("logs the edge along the way, in the folder and to the parameters of the same training without", async () => {
    const probed = await sgdscope(...aloud(at("probed"), "--probe", "all", "--probe-every", "50"));
    const plain = await sgdscope(...aloud(at("plain")));
    expect([probed.exitCode, plain.exitCode]).toEqual([0, 0]);
    const parameters = (out: string): Promise<Buffer> =>
      runIn(out).then((run) => readFile(join(run, "parameters.safetensors")));
    expect(await parameters(at("probed"))).toEqual(await parameters(at("plain")));
    const [metrics, without] = [await metricsOf(at("probed")), await metricsOf(at("plain"))];
    expect(metrics.map(({ step, loss }) => ({ step, loss }))).toEqual(without);
    const { record } = await runFileIn(at("probed"));
    expect(metrics.at(-1)).toMatchObject({ step: 100, margin: 1 / record!.minimum!.edgeRatio });
    for (const name of ["batchSharpness", "criticalSharpness", "largestEigenvalueH", "traceH", "noiseScale"])
      expect(metrics.every((line) => line[name]! > 0)).toBe(true);
    expect(probed.stderr).toMatch(/Measured last: margin η\*\/η [\d.]+, batch sharpness [\d.]+ ± .*; 2\/η is 100\.\n/);
    expect(probed.stderr).toMatch(
      /Probes took [\d.]+ % of the processor time of the steps, [\d.]+ s of [\d.]+ s, at most \d+ % with what first measurements cost the steps after them: margin 3 times, /,
    );
    expect(plain.stderr).not.toMatch(/Probes|Measured/);

    // TensorBoard and tables take the numbers by their names.
    const logs = at("logs");
    expect((await sgdscope("export", at("probed"), "--to", "tensorboard", "--out", logs)).exitCode).toBe(0);
    const events = await readFile(join(logs, (await runFileIn(at("probed"))).id, "events.out.tfevents.0.sgdscope"));
    for (const tag of ["margin", "batchSharpness", "criticalSharpness"]) expect(events.includes(tag)).toBe(true);
    await sgdscope("export", at("probed"), "--to", "csv", "--out", at("metrics.csv"));
    expect((await readFile(at("metrics.csv"), "utf8")).split("\r\n")[0]).toMatch(/^run,step,loss,margin,/);
  });

  it("is drawn over the steps on one page by export --to html, and of a training without probes the loss alone", async () => {
    const page = at("curves.html");
    const { exitCode, stdout } = await sgdscope("export", at("probed"), "--to", "html", "--out", page);
    expect([exitCode, stdout]).toEqual([0, `1 run: ${page}\n`]);
    const html = await readFile(page, "utf8");
    const headings = [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);
    expect(headings).toEqual([
      ...["Where it ended", "How far from the edge", "Sharpness", "Trace of the Hessian"],
      ...["Gradient noise scale", "Alignment factor", "Loss"],
    ]);
    expect(html.match(/<svg/g)).toHaveLength(6);
    expect(html).toMatch(/with the line 1, the edge\.".*The line is 2\/η = 100: SGD at the edge/s);
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|NaN/);
    await sgdscope("export", at("probed"), at("plain"), "--to", "html", "--out", page);
    const both = await readFile(page, "utf8");
    expect(both.match(/class="chapter"/g)).toHaveLength(2);
    expect(both).toContain("This training measured its loss alone: train --probe all measures the edge along the way.");
  });

  it("spaces itself out by processor time, and says what it had no room for", async () => {
    const { exitCode, stderr } = await sgdscope(...aloud(at("spaced"), "--probe", "all", "--probe-overhead", "1e-9"));
    expect(exitCode).toBe(0);
    expect((await metricsOf(at("spaced"))).map((line) => Object.keys(line))).toEqual(
      [0, 50, 100].map(() => ["step", "loss"]),
    );
    expect(stderr).toMatch(
      /There was no room for margin \(about [\d.]+ s\), .* and trace \(about [\d.]+ s\): --probe-overhead \d[\d.]* measures each in a training as long as this, /,
    );
  });

  it("leaves what says nothing out of all, and refuses it by name", async () => {
    const adam = ["--optimizer", "adam", "--weight-decay", "0.1", "--probe-every", "50", "--max-steps", "50"];
    expect((await sgdscope(...aloud(at("adam"), ...adam, "--probe", "all"))).exitCode).toBe(0);
    const last = (await metricsOf(at("adam"))).at(-1)!;
    expect([last["margin"], last["updateSharpness"]! > 0]).toEqual([undefined, true]);
    const refused = await sgdscope(...aloud(at("refused"), ...adam, "--probe", "trace,margin"));
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      "error: --probe: cannot give margin: the theory does not judge Adam with weight decay\n",
    ]);
  });

  it.each([
    [["--probe", "sharpness"], /--probe.*Expected all, none or some of margin, .*, got 'sharpness'/],
    [["--probe-every", "10"], /--probe-every: expected a probe beside it, which says what is measured/],
    [["--probe-overhead", "0.1"], /--probe-overhead: expected a probe beside it/],
    [["--probe", "all", "--probe-overhead", "0.1", "--probe-every", "3"], /--probe-every.*--probe-overhead/],
    [["--probe", "all", "--probe-every", "0"], /--probe-every.*Expected a whole number from 1 up, got '0'/],
  ])("refuses %j", async (words, message) => {
    const { exitCode, stderr } = await sgdscope(...aloud(at("none"), ...words));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("what is said of probes", () => {
  const probing: Parameters<typeof probingText>[0] = {
    trainingSeconds: 40,
    probeSeconds: 1.5,
    share: 0.0375,
    measurements: { margin: 1, trace: 0, "critical-sharpness": 3 },
    failed: { margin: { times: 2, reason: "expected finite gram, got Infinity" } },
    left: { "largest-eigenvalue": 11.6, trace: 12 },
    enough: 0.9831,
  };

  it("agrees in number, and counts nothing that was not measured", () => {
    expect(probingText(probing)).toEqual([
      "Probes took 3.8 % of the processor time of the steps, 1.5 s of 40 s: margin 1 time, critical-sharpness 3 times.",
      "! margin could not be measured at 2 points: expected finite gram, got Infinity",
      "There was no room for largest-eigenvalue (about 12 s) and trace (about 12 s): --probe-overhead 0.99 measures each in a training as long as this, --probe-every whatever it takes.",
    ]);
  });

  it("tells what it may have been with all it caused, where that is more", () => {
    expect(probingText({ ...probing, share: 0.049, left: {} })[0]).toMatch(
      /1\.5 s of 40 s, at most 4\.9 % with what first measurements cost the steps after them: /,
    );
  });

  it("knows no overhead where nothing could be measured", () => {
    const nothing = { measurements: { margin: 0 }, failed: {}, left: { margin: undefined }, enough: undefined };
    expect(probingText({ ...probing, probeSeconds: 0, share: 0, ...nothing })).toEqual([
      "Probes took 0 % of the processor time of the steps, 0.0 s of 40 s.",
      "There was no room for margin: the training ended before a second check of the loss (--every).",
    ]);
  });

  it("shows what has no edge as infinite", () => {
    expect(edgeText({ margin: Infinity, criticalSharpness: 0 }, { learningRate: 0.5 })).toEqual([
      "Measured last: margin η*/η ∞, critical sharpness 0; 2/η is 4.",
    ]);
    expect(edgeText({}, { learningRate: 1 })).toEqual([]);
  });
});

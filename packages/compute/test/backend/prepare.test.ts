import { execFile } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { prepareBackend, type BackendName } from "@sgdscope/compute";

const run = promisify(execFile);
let project: string;

/** Installs a package of one file into the user's project. */
async function install(name: string, source: string, version = "1.2.3"): Promise<void> {
  const folder = join(project, "node_modules", name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
  await writeFile(join(folder, "index.js"), source);
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "sgdscope-compute-"));
  // Whatever sgdscope-tensorflow has installed on this machine is not found in these tests.
  vi.stubEnv("SGDSCOPE_TENSORFLOW_DIR", join(project, "nothing"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(project, { recursive: true });
});

/** What installs TensorFlow on this platform. */
const native = (flag: string, name: string): string =>
  process.platform === "linux"
    ? `npx -p @sgdscope/compute sgdscope-tensorflow install${flag}`
    : `npm install ${name} && npm install-scripts approve ${name}`;

describe("prepareBackend", () => {
  it.each(["wasm", "cpu"] as const)("makes %s current and says so", async (name) => {
    const report = await prepareBackend(name, { threads: 2 });
    const threads = name === "wasm" ? 2 : 1;
    expect(report).toMatchObject({ name, tensorflowName: name, threads, gpu: false, passedOver: [] });
    expect(report.versions).toMatchObject({ "@tensorflow/tfjs-core": tf.version_core, node: process.versions.node });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(tf.getBackend()).toBe(name);
  });

  it("called again gives the same report and leaves the kernels alone", async () => {
    const first = await prepareBackend("wasm");
    const kernels = first.kernels.map((name) => tf.getKernel(name, "wasm").kernelFunc);
    expect(kernels.length).toBeGreaterThan(10);
    const second = await prepareBackend("wasm");
    expect(second).toEqual(first);
    second.kernels.forEach((name, index) => {
      expect(tf.getKernel(name, "wasm").kernelFunc).toBe(kernels[index]);
    });
  });

  it("leaves no tensors behind", async () => {
    await prepareBackend("wasm");
    const before = tf.memory().numTensors;
    await prepareBackend("wasm");
    await prepareBackend("cpu");
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses a name it does not know", async () => {
    await expect(prepareBackend("cuda" as BackendName)).rejects.toMatchObject({
      name: "ComputeError",
      code: "UNKNOWN_BACKEND",
      message:
        'prepareBackend: expected name to be "auto" or one of tensorflow-gpu, tensorflow, webgpu, wasm, cpu, got "cuda"',
    });
  });

  it.each([
    ["tensorflow-gpu", native(" --gpu", "@tensorflow/tfjs-node-gpu")],
    ["tensorflow", native("", "@tensorflow/tfjs-node")],
  ] as const)("says how to install %s where it is absent, and keeps the current backend", async (name, command) => {
    await prepareBackend("wasm");
    const attempt = prepareBackend(name, { from: project });
    await expect(attempt).rejects.toMatchObject({ code: "BACKEND_NOT_INSTALLED" });
    await expect(attempt).rejects.toThrow(command);
    expect(tf.getBackend()).toBe("wasm");
  });

  it("finds a package in the user's project, and says what to try when its binding does not load", async () => {
    await install("@tensorflow/tfjs-node", `throw new Error("The Node.js native addon module can not be found");`);
    const attempt = prepareBackend("tensorflow", { from: project });
    await expect(attempt).rejects.toMatchObject({ code: "BACKEND_FAILED" });
    await expect(attempt).rejects.toThrow(
      /native addon module can not be found; try: (npm rebuild @tensorflow|npx -p @sgdscope\/compute sgdscope-tensorflow)/,
    );
  });

  it("auto goes on to the next one and says why", async () => {
    await install("@tensorflow/tfjs-node", `throw new Error("no binding");`);
    const report = await prepareBackend("auto", { from: project });
    expect(report.name).toBe("wasm");
    expect(report.passedOver.map(({ name, code }) => [name, code])).toEqual([
      ["tensorflow-gpu", "BACKEND_NOT_INSTALLED"],
      ["tensorflow", "BACKEND_FAILED"],
    ]);
  });

  it("says that TensorFlow sees no GPU where it sees none", async () => {
    await install("@tensorflow/tfjs-node-gpu", "");
    const attempt = prepareBackend("tensorflow-gpu", { from: project });
    await expect(attempt).rejects.toMatchObject({ code: "BACKEND_FAILED" });
    await expect(attempt).rejects.toThrow("TensorFlow sees no GPU");
  });
});

describe("the terminal", () => {
  const program = (code: string): Promise<{ stdout: string; stderr: string }> => {
    const source = `import * as tf from "@tensorflow/tfjs-core"; import { prepareBackend } from "@sgdscope/compute"; ${code}`;
    const flags = ["--conditions=sgdscope-source", "--import", "tsx", "--input-type=module", "--eval", source];
    return run(process.execPath, flags, { cwd: join(import.meta.dirname, "..", "..") });
  };

  it("stays clean on wasm and cpu", async () => {
    const both = await program(
      `for (const name of ["wasm", "cpu"]) { await prepareBackend(name); await tf.ones([3]).data(); }`,
    );
    expect(both).toEqual({ stdout: "", stderr: "" });
  });

  it("shows a user's error, not the source of the wasm module", async () => {
    const failure = await program(`await prepareBackend("wasm"); setTimeout(() => { throw new Error("mine"); });`).then(
      () => "nothing was thrown",
      (error: unknown) => (error as { stderr: string }).stderr,
    );
    expect(failure).toContain("mine");
    expect(failure.length).toBeLessThan(3000);
  });
});

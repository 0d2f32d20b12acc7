import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { nativeRoot } from "../../src/native/folder.js";

const program = join(import.meta.dirname, "../../src/sgdscope-tensorflow.ts");
const flags = ["--conditions=sgdscope-source", "--import", "tsx"];

interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}
const node = (args: string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...environment }, cwd: join(import.meta.dirname, "../..") };
    execFile(process.execPath, [...flags, ...args], options, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-command-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("sgdscope-tensorflow", () => {
  it("--help explains itself", async () => {
    const { status, stdout, stderr } = await node([program, "--help"]);
    expect([status, stderr]).toEqual([0, ""]);
    for (const word of ["install", "verify", "remove", "--gpu", "--wheel", "--tensorflow", "--into", "--python"])
      expect(stdout).toContain(word);
  });

  it.each([
    [["instal"], /install, verify or remove, got instal .*\[USAGE\]|install, verify or remove, got instal;/],
    [["install", "--gpus"], /--gpus/],
    [["install", "--cuda", "."], /--cuda only with --gpu/],
    [["verify", "install"], /one action, got verify install/],
  ])("refuses %j with status 2", async (args, message) => {
    const { status, stderr } = await node([program, ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("says where nothing is installed", async () => {
    const verified = await node([program, "verify", "--into", folder]);
    expect(verified.status).toBe(1);
    expect(verified.stderr).toMatch(/got no finished installation \[BACKEND_NOT_INSTALLED\]\n$/);
    const removed = await node([program, "remove", "--into", folder]);
    expect(removed).toEqual({ status: 0, stdout: `${join(folder, "cpu")}: nothing there\n`, stderr: "" });
  });
});

const [tensorflow] = await backendsUnderTest(["tensorflow"]);

describe.skipIf(tensorflow === undefined)("TensorFlow, installed", () => {
  it("is verified", async () => {
    const { status, stdout, stderr } = await node([program, "verify", "--into", await nativeRoot()]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/TensorFlow 2\.\d+\.\d+ computes\n$/);
  });

  it("loads and computes without a word on the terminal, and gives its version", async () => {
    const source = `import * as tf from "@tensorflow/tfjs-core"; import { prepareBackend } from "@sgdscope/compute";
      const { versions, gpu } = await prepareBackend("tensorflow");
      const y = tf.matMul(tf.ones([300, 300]), tf.ones([300, 300]));
      console.log(/^2\\.\\d+\\.\\d+$/.test(versions.tensorflow), gpu, (await y.data())[0]);`;
    const ended = await node(["--input-type=module", "--eval", source]);
    expect(ended).toEqual({ status: 0, stdout: "true false 300\n", stderr: "" });
  });
});

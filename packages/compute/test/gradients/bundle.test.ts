import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oneTensorFlow } from "../../tsup.config.js";

/*
 * The file of gradients as the build makes it, in a process of its own: here the sources take those of @tensorflow/tfjs.
 */
const root = join(import.meta.dirname, "../../../..");
let folder: string;
beforeAll(async () => {
  // Below the node_modules of this repository, so that it finds TensorFlow.js.
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "sgdscope-gradients-"));
  await build({
    entryPoints: [join(import.meta.dirname, "../../src/gradients/register.ts")],
    outfile: join(folder, "gradients.mjs"),
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    plugins: [
      {
        name: "core-stays-outside",
        setup: (bundle) => {
          bundle.onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, ({ path }) => ({ path, external: true }));
        },
      },
      oneTensorFlow,
    ],
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** What a program prints as JSON; it stands in the folder of `gradients.mjs`. */
async function printed(source: string): Promise<unknown> {
  const preamble = `import * as tf from "@tensorflow/tfjs-core";
    import "@tensorflow/tfjs-backend-cpu";
    tf.env().set("PROD", true);
    const registry = () => globalThis._tfGlobals.get("gradRegistry");
    const print = (value) => console.log(JSON.stringify(value));`;
  const args = ["--input-type=module", "--eval", preamble + source];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as unknown;
}

const KEPT = `({ kernelName, inputsToSave, outputsToSave, saveAllInputs }) => [kernelName, inputsToSave, outputsToSave, saveAllInputs]`;

describe("the bundled gradients", () => {
  it("are missing from the core alone", async () => {
    expect(await printed(`print([tf.getGradient("Conv2D") === undefined, registry().size]);`)).toEqual([true, 0]);
  });

  it("are those of @tensorflow/tfjs, which may come after them, and the engine stays one", async () => {
    const [ours, theirs, sameEngine, again] = (await printed(`
      const engine = tf.engine();
      await import("./gradients.mjs");
      const saved = () => [...registry().values()].map(${KEPT}).sort();
      const ours = saved();
      const before = new Map(registry());
      const union = await import("@tensorflow/tfjs");
      const replaced = [...registry()].every(([name, config]) => before.get(name) !== config);
      print([ours, saved(), union.engine() === engine && globalThis._tfengine === engine, replaced]);
    `)) as [string[][], string[][], boolean, boolean];
    expect(ours.length).toBeGreaterThan(90);
    expect(ours).toEqual(theirs);
    // They were registered anew, so the comparison is one of two copies.
    expect([sameEngine, again]).toEqual([true, true]);
  });

  it("bring the methods of tensors that some of them call, all that @tensorflow/tfjs has", async () => {
    const [alone, ours, theirs] = (await printed(`
      const methods = () => Object.getOwnPropertyNames(tf.Tensor.prototype).sort();
      const alone = methods().length;
      await import("./gradients.mjs");
      const ours = methods();
      await import("@tensorflow/tfjs");
      print([alone, ours, methods()]);
    `)) as [number, string[], string[]];
    expect(ours.length).toBeGreaterThan(alone + 100);
    expect(ours).toEqual(theirs);
  });

  it("leave alone what @tensorflow/tfjs or a program has registered before", async () => {
    const kept = await printed(`
      await import("@tensorflow/tfjs");
      const own = { kernelName: "Cos", gradFunc: (dy) => ({ x: () => dy }) };
      tf.unregisterGradient("Cos");
      tf.registerGradient(own);
      const before = new Map(registry());
      await import("./gradients.mjs");
      print([registry().size === before.size, [...registry()].every(([name, config]) => before.get(name) === config)]);
    `);
    expect(kept).toEqual([true, true]);
  });

  it("give the same numbers as those of @tensorflow/tfjs", async () => {
    const [ours, theirs, tensors] = (await printed(`
      const gradients = () => tf.tidy(() => {
        const image = tf.tensor4d([...Array(32).keys()].map((k) => Math.sin(1 + k)), [1, 4, 4, 2]);
        const filter = tf.tensor4d([...Array(36).keys()].map((k) => Math.cos(k)), [3, 3, 2, 2]);
        const positive = tf.tensor1d([0.3, 1.2, 2.5]);
        const functions = [
          [image, (x) => tf.maxPool(tf.conv2d(x, filter, 1, "same"), 2, 2, "same")],
          [filter, (w) => tf.avgPool(tf.tanh(tf.conv2d(image, w, [2, 1], "valid")), 2, 1, "same")],
          [image, (x) => tf.depthwiseConv2d(x, filter, 1, "same")],
          [image, (x) => tf.softmax(tf.matMul(tf.reshape(x, [4, 8]), tf.reshape(x, [8, 4])))],
          [image, (x) => tf.prod(tf.slice(x, [0, 0, 0, 0], [1, 2, 1, 2]), 1)],
          [image, (x) => tf.gather(tf.transpose(x, [2, 0, 1, 3]), [1, 3, 1])],
          [image, (x) => tf.batchNorm(x, tf.tensor1d([0.1, 0.2]), tf.tensor1d([1, 2]), tf.tensor1d([1, -1]), tf.tensor1d([2, 3]))],
          [image, (x) => tf.concat([tf.cumsum(x, 3), tf.tile(tf.mean(x, 1, true), [1, 2, 1, 1])], 1)],
          [image, (x) => tf.image.resizeBilinear(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), [3, 5])],
          [positive, (x) => tf.div(tf.pow(x, tf.log(x)), tf.sqrt(tf.add(tf.erf(x), tf.square(x))))],
          [positive, (x) => tf.where(tf.tensor1d([0, 1, 1], "bool"), tf.elu(tf.neg(x)), tf.selu(tf.rsqrt(x)))],
        ];
        return functions.map(([x, f]) => [...tf.grad((x) => tf.sum(tf.square(f(x))))(x).dataSync()]);
      });
      const tensors = tf.memory().numTensors;
      await import("./gradients.mjs");
      const ours = gradients();
      await import("@tensorflow/tfjs");
      print([ours, gradients(), tf.memory().numTensors - tensors]);
    `)) as [number[][], number[][], number];
    expect(ours.flat().every(Number.isFinite)).toBe(true);
    expect(ours.every((gradient) => gradient.some((entry) => entry !== 0))).toBe(true);
    expect(ours).toEqual(theirs);
    expect(tensors).toBe(0);
  });
});

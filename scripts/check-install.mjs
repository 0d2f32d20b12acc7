// Installs the command line as `npm i -g sgdscope` would, from packed tarballs into a fresh folder, and asks: how large is it, is there one copy
// of TensorFlow.js, without the parts that nobody needs, and does it train, measure a LayersModel and describe the machine?
// Needs `npm run build` first.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install, pack } from "./packed.mjs";

/** Megabytes (10⁶ bytes) that an installation may take: it was 344 with every part of TensorFlow.js, and is 144. */
const LARGEST = 160;

const scratch = mkdtempSync(join(tmpdir(), "sgdscope-install-"));
const directory = join(scratch, "installed");
const run = (program, ...args) =>
  execFileSync(program, args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const sgdscope = (...args) => JSON.parse(run(join(directory, "node_modules/.bin/sgdscope"), ...args, "--json"));

try {
  const { sgdscope: cli, ...siblings } = Object.fromEntries(pack(scratch));
  install(directory, { sgdscope: cli }, siblings);

  const files = readdirSync(join(directory, "node_modules"), { recursive: true, withFileTypes: true });
  const parts = files
    .filter((each) => each.isDirectory() && each.parentPath.endsWith("node_modules/@tensorflow"))
    .map(({ name }) => name);
  const expected = ["tfjs-backend-cpu", "tfjs-backend-wasm", "tfjs-core", "tfjs-layers"];
  assert.deepEqual(parts.sort(), expected, "the parts of TensorFlow.js, one copy of each");
  const bytes = files
    .filter((each) => each.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  assert.ok(bytes < LARGEST * 1e6, `expected an installation below ${LARGEST} MB, got ${(bytes / 1e6).toFixed(0)} MB`);
  console.log(`✓ ${(bytes / 1e6).toFixed(0)} MB, ${expected.join(", ")}`);

  const { backends } = sgdscope("doctor", "--no-speed");
  const working = backends.filter((each) => each.working).map(({ name }) => name);
  assert.ok(
    ["wasm", "cpu"].every((name) => working.includes(name)),
    `doctor found only ${working.join(", ")}`,
  );
  console.log(`✓ doctor: ${working.join(", ")}`);

  const small = ["--data", "synthetic", "--count", "8", "--widths", "4", "--warm-up", "5", "--every", "20"];
  const steps = ["--learning-rate", "0.02", "--batch-size", "2", "--out", "runs"];
  const losses = [20, 200].map((most) => sgdscope("train", ...small, ...steps, "--max-steps", `${most}`).record.loss);
  assert.ok(losses[1] < losses[0] / 2 && losses[1] >= 0, `expected the loss to fall, got ${losses.join(", then ")}`);
  console.log(`✓ train: loss ${losses.map((loss) => loss.toPrecision(3)).join(", then ")}`);

  // The trace of G of a LayersModel, against the gradients of its examples one by one.
  writeFileSync(join(directory, "model.mjs"), layersModelProgram());
  for (const [name, trace] of Object.entries(JSON.parse(run(process.execPath, "model.mjs")))) {
    const data = ["--inputs", `${name}.npz:x`, "--targets", `${name}.npz:y`];
    const { gaussNewton } = sgdscope("measure", "--model", `${name}/model.json`, ...data);
    const found = gaussNewton.trace.value;
    assert.ok(Math.abs(found - trace) < 1e-4 * trace, `${name}: expected Tr G = ${trace}, got ${found}`);
    console.log(`✓ measure: a ${name} model, Tr G = ${found.toPrecision(6)}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** A program that saves two models with data, and prints Tr G = (1/n) Σ ‖∇f(xᵢ)‖² of each. */
function layersModelProgram() {
  return `
import { writeArrays } from "@sgdscope/array-files";
import { prepareBackend } from "@sgdscope/compute";
import { saveLayersModel } from "@sgdscope/models-cnn/layers-model";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, layers, sequential } from "@tensorflow/tfjs-layers";

await prepareBackend("cpu");
const initializer = (seed) => initializers.glorotUniform({ seed });
const head = () => layers.dense({ units: 1, kernelInitializer: initializer(9) });
const models = {
  convolutional: [
    layers.conv2d({ inputShape: [4, 4, 2], filters: 3, kernelSize: 3, padding: "same", kernelInitializer: initializer(1) }),
    layers.batchNormalization(),
    layers.activation({ activation: "elu" }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    head(),
  ],
  recurrent: [
    layers.gru({ inputShape: [3, 2], units: 3, kernelInitializer: initializer(2), recurrentInitializer: initializer(3) }),
    layers.layerNormalization(),
    head(),
  ],
};
const traces = {};
for (const [name, list] of Object.entries(models)) {
  const model = sequential({ layers: list });
  const [, ...shape] = model.inputs[0].shape;
  const n = 3;
  const size = shape.reduce((a, b) => a * b, n);
  const x = Float32Array.from({ length: size }, (_, i) => Math.sin(1 + i));
  await saveLayersModel(model, name);
  await writeArrays(name + ".npz", { x: { shape: [n, ...shape], data: x }, y: { shape: [n], data: Float32Array.of(1, -1, 0) } });
  traces[name] = 0;
  for (const [i] of Array(n).entries()) {
    const example = tf.slice(tf.tensor(x, [n, ...shape]), [i, ...shape.map(() => 0)], [1, ...shape]);
    const { grads } = tf.variableGrads(() => tf.sum(model.apply(example)), model.trainableWeights.map((each) => each.val));
    for (const gradient of Object.values(grads)) traces[name] += (await gradient.square().sum().data())[0] / n;
  }
}
console.log(JSON.stringify(traces));
`;
}

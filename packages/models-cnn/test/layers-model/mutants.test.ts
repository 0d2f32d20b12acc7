import * as tfjs from "@tensorflow/tfjs";
import { loadLayersModel, saveLayersModel } from "@sgdscope/models-cnn/layers-model";
import { seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { mutations, type Mutant } from "../../../testing/src/mutants.js";
import { surveyMutants, type MutantSurvey } from "../../../testing/src/survey-mutants.js";
import { repetitions } from "../../../../tooling/soak.js";

vi.setConfig({ testTimeout: 600_000 });

const COUNT = repetitions(600, 10_000);
const { layers } = tfjs;

let root: string;
beforeAll(async () => {
  await tf.setBackend("cpu");
  root = await mkdtemp(join(tmpdir(), "mutants-"));
  // TensorFlow.js warns of what it ignores, mutant after mutant.
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterAll(() => rm(root, { recursive: true }));

const models: Record<string, () => LayersModel> = {
  convolutions: () =>
    tfjs.sequential({
      layers: [
        layers.conv2d({
          inputShape: [6, 6, 2],
          filters: 2,
          kernelSize: 3,
          activation: "relu",
          kernelRegularizer: "l1l2",
        }),
        layers.batchNormalization(),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.depthwiseConv2d({ kernelSize: 2 }),
        layers.flatten(),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 2 }),
      ],
    }),
  branches: () => {
    const input = tfjs.input({ shape: [4] });
    const left = layers.dense({ units: 3, activation: "tanh" }).apply(input) as tfjs.SymbolicTensor;
    const sum = layers.add().apply([left, layers.dense({ units: 3 }).apply(input) as tfjs.SymbolicTensor]);
    return tfjs.model({ inputs: input, outputs: layers.layerNormalization().apply(sum) as tfjs.SymbolicTensor });
  },
  words: () =>
    tfjs.sequential({
      layers: [
        layers.embedding({ inputDim: 5, outputDim: 2, inputLength: 3 }),
        layers.lstm({ units: 2 }),
        layers.dense({ units: 1 }),
      ],
    }),
};

/** Replaces one value of a JSON document, at any depth, by one that readers stumble on; or leaves it out, or doubles it. */
function* configMutations(text: string, seed: number, count: number): Generator<Mutant> {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const strange = [
    null,
    -1,
    0,
    1,
    2.5,
    1e9,
    2 ** 31,
    2 ** 53,
    1e300,
    "",
    "relu",
    "linear",
    "Dense",
    true,
    false,
    [],
    {},
    [[]],
    [1, 2],
    [null, 3],
  ];
  for (let i = 0; i < count; i++) {
    const document = JSON.parse(text) as unknown;
    const places: [holder: Record<string, unknown>, key: string][] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      for (const key of Object.keys(value)) {
        places.push([value as Record<string, unknown>, key]);
        walk((value as Record<string, unknown>)[key]);
      }
    };
    walk(document);
    const [holder, key] = places[below(places.length)]!;
    const kind = below(6);
    const value = strange[below(strange.length)];
    if (kind === 0) Reflect.deleteProperty(holder, key);
    else if (kind === 1) holder[`${key}_2`] = holder[key];
    else if (kind === 2) holder[key] = holder[places[below(places.length)]![1]] ?? value;
    else holder[key] = value;
    const what = `config mutant ${i} of seed ${seed}: ${key}, kind ${kind}, ${JSON.stringify(value)}`;
    yield { bytes: new TextEncoder().encode(JSON.stringify(document)), what, from: 0 };
  }
}

const figures: string[] = [];
afterAll(() => console.info(figures.join("\n")));

/** Loads, predicts what was accepted, and asserts that no tensor is left. */
async function survey(name: string, folder: string, mutants: Iterable<Mutant>): Promise<MutantSurvey> {
  const before = tf.memory().numTensors;
  const read = async (bytes: Uint8Array): Promise<void> => {
    await writeFile(join(folder, "model.json"), bytes);
    const model = await loadLayersModel(folder);
    expect(model.layers.length).toBeGreaterThan(0);
    model.dispose();
  };
  const left = (): void => {
    if (tf.memory().numTensors !== before) expect.fail(`${tf.memory().numTensors - before} tensors are left`);
  };
  const result = await surveyMutants(mutants, read, {
    refusal: (error) => {
      left();
      const { name, code } = error as { name?: string; code?: string };
      return name === "ModelsError" ? code : undefined;
    },
    accept: left,
  });
  const { accepted, refused, refusals, median, worst, mostBytes } = result;
  figures.push(
    `${name}: ${accepted} accepted, ${refused} refused ${JSON.stringify(refusals)}, median ${median.toFixed(2)} ms, ` +
      `worst ${worst.toFixed(0)} ms, ${(mostBytes / 1e6).toFixed(1)} MB`,
  );
  return result;
}

it.each(Object.keys(models))(
  `${COUNT} damaged files and ${COUNT} damaged configurations of %s are loaded or refused, without a trace`,
  async (name) => {
    const folder = join(root, name);
    const model = models[name]!();
    const text = await readFile(await saveLayersModel(model, folder), "utf8");
    model.dispose();
    const share = Math.ceil(COUNT / Object.keys(models).length);
    for (const [kind, mutants] of [
      ["bytes", mutations(new TextEncoder().encode(text), { seed: 1, count: share })],
      ["config", configMutations(text, 2, share)],
    ] as const) {
      const { accepted, refused, mostBytes } = await survey(`${name}, ${kind}`, folder, mutants);
      expect(accepted + refused).toBe(share);
      expect(accepted).toBeGreaterThan(0);
      expect(mostBytes).toBeLessThan(256e6);
    }
  },
);

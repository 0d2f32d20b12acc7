import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type NamedArray, readArrays, writeArrays } from "@sgdscope/array-files";
import { syntheticLookalike } from "@sgdscope/cifar-loader";
import { fullyConnected, type Network, parametersToArrays, smallCnn } from "@sgdscope/models-cnn";
import { gaussian, rademacher, type SeededRandom, seededRandom } from "@sgdscope/random";
import { sampler } from "@sgdscope/sgd";
import * as tf from "@tensorflow/tfjs";

/** Batch sizes of the SGD workloads, with the steps a timing takes; the batches are drawn here, so that all take the same. */
export const BATCHES: ReadonlyMap<number, number> = new Map([
  [1, 100],
  [4, 100],
  [16, 50],
  [64, 25],
]);

export interface NetworkChoice {
  name: string;
  what: string;
  examples: number;
  /** Of the SGD steps; stable for all batch sizes. */
  learningRate: number;
  network: () => Network;
}

export const NETWORKS: readonly NetworkChoice[] = [
  {
    name: "cnn-26k",
    what: "convolutions 3→16→32, dense 2048→10",
    examples: 256,
    learningRate: 1e-3,
    network: () => smallCnn({ channels: [16, 32], outputs: 10 }),
  },
  {
    name: "cnn-114k",
    what: "convolutions 3→32→64→128, dense 2048→10",
    examples: 128,
    learningRate: 1e-3,
    network: () => smallCnn({ channels: [32, 64, 128], outputs: 10 }),
  },
  {
    name: "dense-853k",
    what: "fully connected 3072-256-256-1",
    examples: 500,
    learningRate: 1e-4,
    network: () => fullyConnected({ inputShape: [3072], widths: [256, 256] }),
  },
];

/** The folder of a network on disk: `network.json` describes it, `network.npz` holds parameters, data, probe and batches. */
export interface Written {
  name: string;
  folder: string;
  parameters: number;
  examples: number;
  outputs: number;
  /** Where weights and data come from. */
  origin: string;
  learningRate: number;
}

/** What `network.json` says. */
interface Description extends Omit<Written, "folder" | "parameters"> {
  inputShape: number[];
  layers: ({ layer: string } & Record<string, unknown>)[];
  parameters: [name: string, shape: number[]][];
}

interface Material {
  origin: string;
  parameters: Record<string, NamedArray>;
  inputs: Float32Array;
  targets: Float32Array;
}

/** The fixture that PyTorch wrote: a small CNN during training, on Gaussian images. */
async function fixture(folder: string): Promise<Material> {
  const array = async (name: string): Promise<Buffer> => readFile(join(folder, "small_mid.bin", name));
  const floats = async (name: string): Promise<Float32Array> => {
    const bytes = await array(`${name}.float32.bin`);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  };
  const labels = await array("labels.int32.bin");
  const targets = new Float32Array(256 * 10);
  for (let i = 0; i < 256; i++) targets[i * 10 + labels.readInt32LE(4 * i)] = 1;
  const shapes: [string, number[]][] = [
    ["conv1.kernel", [3, 3, 3, 16]],
    ["conv1.bias", [16]],
    ["conv2.kernel", [3, 3, 16, 32]],
    ["conv2.bias", [32]],
    ["dense.kernel", [2048, 10]],
    ["dense.bias", [10]],
  ];
  const parameters: Record<string, NamedArray> = {};
  for (const [name, shape] of shapes) parameters[name] = { shape, data: await floats(name) };
  return { origin: "PyTorch fixture small_mid", parameters, inputs: await floats("x"), targets };
}

/** Initial weights and generated images. */
async function seeded({ examples, network }: NetworkChoice, random: SeededRandom): Promise<Material> {
  const model = network();
  const params = model.init(random.stream("weights"));
  const parameters = await parametersToArrays(params);
  tf.dispose(params);
  const images = syntheticLookalike({ count: examples, classes: model.outputs === 1 ? 2 : model.outputs });
  const noise = gaussian(images.inputs.length, random.stream("pixels"));
  return {
    origin: "seeded initialisation, synthetic images with pixel noise",
    parameters,
    inputs: images.inputs.map((value, i) => value + 0.5 * noise[i]!),
    // Two classes are ±1 for a single output; more are one-hot.
    targets: model.outputs === 1 ? Float32Array.from(images.labels, (label) => 2 * label - 1) : images.targets,
  };
}

/** Writes a network for all contenders to read. Deterministic: the same every time. */
export async function writeNetwork(choice: NetworkChoice, folder: string): Promise<Written> {
  const random = seededRandom(1).stream(choice.name);
  const fixtures = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"];
  const material =
    choice.name === "cnn-26k" && fixtures !== undefined && existsSync(fixtures)
      ? await fixture(fixtures)
      : await seeded(choice, random);
  const model = choice.network();
  const size = Object.values(material.parameters).reduce((sum, { data }) => sum + data.length, 0);
  const arrays: Record<string, NamedArray> = {
    inputs: { shape: [choice.examples, ...model.inputShape], data: material.inputs },
    targets: { shape: [choice.examples, model.outputs], data: material.targets },
    probe: { shape: [size], data: Float32Array.from(rademacher(size, random.stream("probe"))) },
  };
  for (const [name, array] of Object.entries(material.parameters)) arrays[`parameters/${name}`] = array;
  for (const [batch, steps] of BATCHES) {
    const batches = sampler("with-replacement", choice.examples, batch, random.stream(`batches of ${batch}`));
    const data = Int32Array.from(Array.from({ length: steps }, () => [...batches.next()]).flat());
    arrays[`batches/${batch}`] = { shape: [steps, batch], data };
  }
  const description: Description = {
    name: choice.name,
    examples: choice.examples,
    outputs: model.outputs,
    inputShape: model.inputShape,
    origin: material.origin,
    learningRate: choice.learningRate,
    layers: layersOf(model),
    parameters: Object.entries(material.parameters).map(([name, { shape }]) => [name, [...shape]]),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "network.json"), JSON.stringify(description));
  await writeArrays(join(folder, "network.npz"), arrays);
  const { name, examples, outputs, origin, learningRate } = description;
  return { name, folder, parameters: size, examples, outputs, origin, learningRate };
}

const layersOf = (model: Network): Description["layers"] =>
  model.specs.map((spec) => {
    if (spec.layer === "conv") return { layer: "conv", filters: spec.filters, size: spec.size };
    if (spec.layer === "activation") return { layer: "relu" };
    if (spec.layer === "pool") return { layer: "average-pool" };
    if (spec.layer === "dense") return { layer: "dense", units: spec.units };
    return { layer: spec.layer };
  });

/** What a contender in JavaScript reads back. */
export interface Problem {
  description: Description;
  model: Network;
  parameters: Record<string, NamedArray>;
  inputs: Float32Array;
  targets: Float32Array;
  /** Entries ±1. */
  probe: Float32Array;
  batches: (size: number) => Int32Array[];
}

export async function readNetwork(folder: string): Promise<Problem> {
  const description = JSON.parse(await readFile(join(folder, "network.json"), "utf8")) as Description;
  const arrays = await readArrays(join(folder, "network.npz"));
  const floats = (name: string): Float32Array => arrays[name]!.data as Float32Array;
  return {
    description,
    model: NETWORKS.find(({ name }) => name === description.name)!.network(),
    parameters: Object.fromEntries(description.parameters.map(([name]) => [name, arrays[`parameters/${name}`]!])),
    inputs: floats("inputs"),
    targets: floats("targets"),
    probe: floats("probe"),
    batches: (size) => {
      const data = arrays[`batches/${size}`]!.data as Int32Array;
      return Array.from({ length: data.length / size }, (_, k) => data.subarray(k * size, (k + 1) * size));
    },
  };
}

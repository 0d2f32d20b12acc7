import { type NamedArray, toFloat64 } from "@sgdscope/array-files";
import { ModelsError } from "../errors.js";
import type { Network } from "../config.js";
import type { NamedArrays } from "../model.js";
import { checkNames } from "../parameters.js";

export interface TorchLayoutOptions {
  /**
   * How modules of the state dict find their layers: by `"name"`, or by `"order"`, the k-th module with weights being the k-th layer
   * with parameters. Default `"name"`.
   */
  match?: "name" | "order";
  /** Names a module after its layer, e.g. `{ "features.0": "conv1" }`; for `match: "name"`. Modules left out keep their name. */
  rename?: Readonly<Record<string, string>>;
  /** The order in which the PyTorch model flattened maps; default `"chw"`, as `Flatten` does to NCHW tensors. */
  flattenOrder?: "chw" | "hwc";
}

/** A state dict in the layouts of this package. */
export interface TorchImport {
  params: NamedArrays;
  /** For `network.withBuffers`; the running statistics of batch normalisation. */
  buffers: NamedArrays;
}

/**
 * Brings a PyTorch state dict (read from safetensors or npz) into the names and layouts of `network`, Float32.
 *
 * Convolution kernels go from OIHW to HWIO, dense kernels from `[out, in]` to `[in, out]`, where a dense layer that reads a flattened
 * map also has its rows reordered from (c, h, w) to (h, w, c). `weight` becomes `kernel` (or `gamma`), `bias` stays (or becomes `beta`),
 * `running_mean` and `running_var` become the buffers `mean` and `variance`; `num_batches_tracked` is dropped.
 * Cost: one pass over the arrays.
 *
 * @throws ModelsError `PARAMETERS` that lists every name missing, surplus or of another shape.
 */
export function fromTorchLayout(state: NamedArrays, network: Network, options: TorchLayoutOptions = {}): TorchImport {
  const { flattenOrder = "chw" } = options;
  const modules = modulesOf(state);
  const layerOf = matching(modules, network, options);
  const maps = flattenedMaps(network);
  const arrays: NamedArrays = {};
  for (const [module, entries] of modules) {
    const layer = layerOf(module);
    const normalises = entries["weight"]?.shape.length === 1;
    for (const [field, array] of Object.entries(entries)) {
      const name = fieldName(field, normalises);
      if (name === undefined) continue;
      const map = flattenOrder === "chw" && name === "kernel" ? maps.get(layer) : undefined;
      arrays[`${layer}.${name}`] = reorder(array, map);
    }
  }
  const buffers = Object.entries(network.buffers).map(([name, { shape }]) => ({ name, shape }));
  checkNames("fromTorchLayout", [...network.parameters, ...buffers], arrays);
  const pick = (list: readonly { name: string }[]): NamedArrays =>
    Object.fromEntries(list.map(({ name }) => [name, arrays[name]!]));
  return { params: pick(network.parameters), buffers: pick(buffers) };
}

/** Entries by module, in order of first appearance: `features.0.weight` is `weight` of `features.0`. */
function modulesOf(state: NamedArrays): Map<string, NamedArrays> {
  const modules = new Map<string, NamedArrays>();
  for (const [name, array] of Object.entries(state)) {
    const dot = name.lastIndexOf(".");
    const module = name.slice(0, Math.max(dot, 0));
    const entries = modules.get(module) ?? {};
    entries[name.slice(dot + 1)] = array;
    modules.set(module, entries);
  }
  return modules;
}

function matching(
  modules: ReadonlyMap<string, NamedArrays>,
  network: Network,
  { match = "name", rename = {} }: TorchLayoutOptions,
): (module: string) => string {
  if (match === "name") return (module) => rename[module] ?? module;
  const layers = network.layers.filter(({ parameters }) => parameters.length > 0).map(({ name }) => name);
  const names = [...modules.keys()];
  if (names.length !== layers.length)
    throw new ModelsError(
      "PARAMETERS",
      `fromTorchLayout: expected ${layers.length} modules with weights (${layers.join(", ")}), got ${names.length} (${names.join(", ")})`,
    );
  return (module) => layers[names.indexOf(module)]!;
}

const fieldName = (field: string, normalises: boolean): string | undefined => {
  switch (field) {
    case "weight":
      return normalises ? "gamma" : "kernel";
    case "bias":
      return normalises ? "beta" : "bias";
    case "running_mean":
      return "mean";
    case "running_var":
      return "variance";
    case "num_batches_tracked":
      return undefined;
    default:
      return field;
  }
};

/** The `[h, w, c]` that was flattened into the input of each dense layer that reads a map. */
function flattenedMaps(network: Network): Map<string, readonly number[]> {
  const maps = new Map<string, readonly number[]>();
  let map: readonly number[] | undefined;
  for (const { name, kind, inputShape } of network.layers) {
    if (kind === "flatten") map = inputShape.length === 3 ? inputShape : undefined;
    if (kind !== "dense") continue;
    if (map) maps.set(name, map);
    map = undefined;
  }
  return maps;
}

function reorder({ shape, data }: NamedArray, map: readonly number[] | undefined): NamedArray {
  const values = toFloat64({ shape, data });
  if (shape.length === 4) {
    const [o, i, h, w] = shape as [number, number, number, number];
    return gather([h, w, i, o], values, (a, b, c, d) => ((d * i + c) * h + a) * w + b);
  }
  if (shape.length === 2) {
    const [o, n] = shape as [number, number];
    const [h, w, c] = (map ?? [1, 1, n]) as [number, number, number];
    if (h * w * c === n) {
      const { data: rows } = gather([h, w, c, o], values, (y, x, k, out) => out * n + (k * h + y) * w + x);
      return { shape: [n, o], data: rows };
    }
  }
  return { shape: [...shape], data: Float32Array.from(values) };
}

type Index = (a: number, b: number, c: number, d: number) => number;

function gather(shape: [number, number, number, number], from: Float64Array, index: Index): NamedArray {
  const data = new Float32Array(from.length);
  let at = 0;
  for (let a = 0; a < shape[0]; a++)
    for (let b = 0; b < shape[1]; b++)
      for (let c = 0; c < shape[2]; c++) for (let d = 0; d < shape[3]; d++) data[at++] = from[index(a, b, c, d)]!;
  return { shape, data };
}

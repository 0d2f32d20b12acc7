import type * as tf from "@tensorflow/tfjs-core";
import { parseSafetensors, readArrays, writeArrays } from "@sgdscope/array-files";
import { modelFromConfig, type ModelConfig } from "../config.js";
import { ModelsError, show } from "../errors.js";
import type { Network } from "../config.js";
import type { NamedArrays, ParameterInfo } from "../model.js";
import { checkNames, parametersFromArrays, parametersToArrays } from "../parameters.js";

/**
 * Writes parameters as Float32 to a `.safetensors` or `.npz` file, in their order, atomically. Node only.
 *
 * @param metadata - Free text for the header; `.safetensors` only.
 * @throws ModelsError `OPTION` for another extension or metadata that the format cannot hold.
 */
export async function saveParameters(
  path: string,
  params: tf.NamedTensorMap,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  await write("saveParameters", path, await parametersToArrays(params), metadata);
}

/**
 * Reads parameters from a `.safetensors`, `.npz` or `.npy` file as Float32 tensors. Node only. The caller disposes them.
 *
 * @param network - If given, names and shapes must be those of its parameters, and the result has their order; its buffers
 *   may be in the file and are left out.
 * @throws ModelsError `PARAMETERS` that lists every name missing, surplus or of another shape; ArrayFilesError as `readArrays`.
 */
export async function loadParameters(
  path: string,
  network?: { readonly parameters: readonly ParameterInfo[]; readonly buffers?: NamedArrays },
): Promise<tf.NamedTensorMap> {
  const arrays = await readArrays(path);
  if (network === undefined) return parametersFromArrays(arrays);
  const [params] = split("loadParameters", path, arrays, network.parameters, network.buffers ?? {}, false);
  return parametersFromArrays(params);
}

/**
 * Writes a whole network to one `.safetensors` file: parameters and buffers as arrays, its configuration as JSON in the header.
 *
 * @param metadata - More text for the header; the keys `name` and `config` are reserved.
 * @throws ModelsError `OPTION` for another extension.
 */
export async function saveModel(
  path: string,
  network: Network,
  params: tf.NamedTensorMap,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const arrays = await parametersToArrays(params);
  checkNames("saveModel", network.parameters, arrays);
  const header = { ...metadata, name: network.name, config: JSON.stringify(network.config) };
  await write("saveModel", path, { ...arrays, ...network.buffers }, header);
}

/** What `saveModel` wrote. */
export interface SavedModel {
  network: Network;
  /** The caller disposes them. */
  params: tf.NamedTensorMap;
  /** The text of the header: the network's `name` and what `saveModel` was given. */
  metadata: Record<string, string>;
}

/**
 * Reads back what `saveModel` wrote: the network is built again from its configuration, with the buffers of the file.
 *
 * @throws ModelsError `FILE_CONTENT` where the header has no configuration, `FILE_MISSING`, `PARAMETERS`; ArrayFilesError as
 *   `parseSafetensors`.
 */
export async function loadModel(path: string): Promise<SavedModel> {
  const { arrays, metadata } = parseSafetensors(await readBytes("loadModel", path));
  const { config, ...rest } = metadata;
  if (config === undefined)
    throw new ModelsError(
      "FILE_CONTENT",
      `loadModel: ${path} has no configuration in its header, so saveModel did not write it`,
    );
  const network = modelFromConfig(parseConfig(config, path));
  const [params, buffers] = split("loadModel", path, arrays, network.parameters, network.buffers, true);
  return { network: network.withBuffers(buffers), params: parametersFromArrays(params), metadata: rest };
}

function split(
  where: string,
  path: string,
  arrays: NamedArrays,
  parameters: readonly ParameterInfo[],
  buffers: NamedArrays,
  complete: boolean,
): [params: NamedArrays, buffers: NamedArrays] {
  const held = Object.entries(buffers).map(([name, { shape }]) => ({ name, shape }));
  const wanted = [...parameters, ...held.filter(({ name }) => complete || Object.hasOwn(arrays, name))];
  checkNames(`${where} ${path}`, wanted, arrays);
  const pick = (list: readonly { name: string }[]): NamedArrays =>
    Object.fromEntries(list.map(({ name }) => [name, arrays[name]!]));
  return [pick(parameters), complete ? pick(held) : {}];
}

async function write(
  where: string,
  path: string,
  arrays: NamedArrays,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const safetensors = /\.safetensors$/i.test(path);
  if (!safetensors && (metadata !== undefined || !/\.npz$/i.test(path)))
    throw new ModelsError(
      "OPTION",
      `${where}: expected a path that ends in .safetensors${metadata === undefined ? " or .npz" : " (only that format holds metadata)"}, got ${show(path)}`,
    );
  await writeArrays(path, arrays, metadata === undefined ? {} : { metadata });
}

function parseConfig(text: string, path: string): ModelConfig {
  try {
    return JSON.parse(text) as ModelConfig;
  } catch (cause) {
    throw new ModelsError("FILE_CONTENT", `loadModel: the configuration in ${path} is not JSON`, {
      cause,
    });
  }
}

// Node is loaded only when a file is touched, so that networks work in a page.
async function readBytes(where: string, path: string): Promise<Uint8Array> {
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new ModelsError("FILE_MISSING", `${where}: ${path} does not exist`, { cause });
  }
}

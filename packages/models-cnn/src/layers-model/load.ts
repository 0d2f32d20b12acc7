import type { io } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { ModelsError, show, type ModelsErrorCode } from "../errors.js";
import { buildModel } from "./build.js";
import { readManifest, withoutModelName } from "./manifest.js";
import { layersLibrary, readFileOf } from "./node.js";
import { readableTopology } from "./topology.js";

/**
 * Reads a saved LayersModel from disk in plain Node: `model.json` and the weight shards it names, beside it. The caller disposes it.
 *
 * Topologies of Keras 2, Keras 3 and TensorFlow.js, without constraints of weights: the weights are those of the file. Weights quantised to 8 or 16 bits are widened by TensorFlow.js. A load that fails
 * leaves no tensor behind. Needs `@tensorflow/tfjs-layers`.
 *
 * @param path - `model.json`, or the folder that holds it.
 * @throws ModelsError `FILE_MISSING` for a file or shard that does not exist, `FILE_CONTENT` where `model.json` is invalid or the
 *   shards of a group do not hold exactly its weights, `UNSUPPORTED` for a GraphModel and for layers that TensorFlow.js cannot build
 *   or would build as another function (naming the layer), `NOT_AVAILABLE` without `tfjs-layers`.
 */
export async function loadLayersModel(path: string): Promise<LayersModel> {
  const library = await layersLibrary("loadLayersModel");
  const artifacts = await readArtifacts(path);
  try {
    const modelTopology = readableTopology(artifacts.modelTopology as Record<string, unknown>);
    const weightSpecs = withoutModelName(artifacts.weightSpecs ?? [], modelTopology);
    return await buildModel(library, { ...artifacts, modelTopology, weightSpecs });
  } catch (cause) {
    const [code, reason]: [ModelsErrorCode, string] =
      cause instanceof ModelsError ? [cause.code, cause.message] : ["UNSUPPORTED", unbuildable(cause)];
    throw new ModelsError(code, `loadLayersModel: cannot build the model in ${path}: ${reason}`, { cause });
  }
}

/** The reason why TensorFlow.js cannot build a model, without its advice. */
function unbuildable(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const unknown = /^Unknown (\w+): ([^.\n]+)\./.exec(message);
  return unknown === null
    ? `TensorFlow.js says: ${message.split("\n")[0]!}`
    : `TensorFlow.js has no ${unknown[1]!} ${unknown[2]!}; if it is your own, register its class first with tf.serialization.registerClass`;
}

async function readArtifacts(path: string): Promise<io.ModelArtifacts> {
  const paths = await import("node:path");
  const file = path.endsWith(".json") ? path : paths.join(path, "model.json");
  const { weightsManifest, ...json } = parseModel(await readFileOf("loadLayersModel", "model.json", file), file);
  const groups: Uint8Array[] = [];
  const manifest = readManifest(weightsManifest, file);
  for (const { paths: names, weights } of manifest) {
    const shards = await Promise.all(
      names.map((name) => {
        if (/^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)/i.test(name))
          throw new ModelsError(
            "FILE_CONTENT",
            `loadLayersModel: the shard ${show(name)} is not beside ${file}; shards elsewhere are refused`,
          );
        return readFileOf(
          "loadLayersModel",
          `the shard ${name} named in ${file}`,
          paths.join(paths.dirname(file), name),
        );
      }),
    );
    const found = shards.reduce((sum, shard) => sum + shard.length, 0);
    const expected = byteLength(weights);
    if (expected !== undefined && found !== expected)
      throw new ModelsError(
        "FILE_CONTENT",
        `loadLayersModel: expected ${expected} bytes of weights in ${names.join(", ")}, got ${found}`,
      );
    groups.push(...shards);
  }
  return { ...json, weightSpecs: manifest.flatMap(({ weights }) => weights), weightData: concatenate(groups) };
}

function parseModel(bytes: Uint8Array, file: string): io.ModelJSON {
  let json: Partial<io.ModelJSON> | null;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes)) as Partial<io.ModelJSON> | null;
  } catch (cause) {
    throw new ModelsError("FILE_CONTENT", `loadLayersModel: ${file} is not JSON`, { cause });
  }
  if (json?.format === "graph-model")
    throw new ModelsError(
      "UNSUPPORTED",
      `loadLayersModel: cannot load the graph-model in ${file}; only a layers-model has layers and trainable weights`,
    );
  if (json?.modelTopology == null || typeof json.modelTopology !== "object" || !Array.isArray(json.weightsManifest))
    throw new ModelsError(
      "FILE_CONTENT",
      `loadLayersModel: expected modelTopology and weightsManifest in ${file}, got ${Object.keys(json ?? {}).join(", ")}`,
    );
  return json as io.ModelJSON;
}

const bytesOf: Partial<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** Bytes of the weights as stored; undefined where a dtype (strings) has no fixed length. */
function byteLength(weights: readonly io.WeightsManifestEntry[]): number | undefined {
  let sum = 0;
  for (const { shape, dtype, quantization } of weights) {
    const bytes = bytesOf[quantization?.dtype ?? dtype];
    if (bytes === undefined) return undefined;
    sum += bytes * shape.reduce((a, b) => a * b, 1);
  }
  return sum;
}

function concatenate(parts: readonly Uint8Array[]): ArrayBuffer {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.buffer;
}

import { writeFileWhole } from "@sgdscope/array-files";
import type { io } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { integer, ModelsError } from "../errors.js";

export interface SaveLayersModelOptions {
  /** Most bytes per weight file; default 4 MiB, which browsers cache well. */
  shardBytes?: number;
}

/**
 * Writes a LayersModel to a folder in plain Node, as `model.json` and weight shards; any TensorFlow.js can load it.
 *
 * A reader finds the old model or the new one, never a mixture: shards are named after their content, and `model.json`, written last,
 * names the ones it needs. Shards of an earlier save are then removed. Optimizer state is not saved.
 *
 * @returns The path of `model.json`.
 * @throws ModelsError `OPTION` for a `shardBytes` that is not a positive integer.
 */
export async function saveLayersModel(
  model: LayersModel,
  directory: string,
  options: SaveLayersModelOptions = {},
): Promise<string> {
  const shardBytes = integer("saveLayersModel", "shardBytes", options.shardBytes ?? 4 * 1024 * 1024);
  const { mkdir, readdir, rm } = await import("node:fs/promises");
  const paths = await import("node:path");
  const { modelTopology, weightSpecs, weightData, ...rest } = await artifactsOf(model);
  await mkdir(directory, { recursive: true });

  const shards: string[] = [];
  for (const shard of shardsOf(weightData, shardBytes)) {
    const name = await shardName(shards.length + 1, shard);
    await writeFileWhole(paths.join(directory, name), shard);
    shards.push(name);
  }
  const json = { ...rest, modelTopology, weightsManifest: [{ paths: shards, weights: weightSpecs ?? [] }] };
  const file = paths.join(directory, "model.json");
  await writeFileWhole(file, new TextEncoder().encode(JSON.stringify(json)));
  const stale = (await readdir(directory)).filter((name) => shardPattern.test(name) && !shards.includes(name));
  await Promise.all(stale.map((name) => rm(paths.join(directory, name), { force: true })));
  return file;
}

async function artifactsOf(model: LayersModel): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts | undefined;
  await model.save({
    save: (given) => {
      artifacts = given;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } });
    },
  });
  if (artifacts === undefined)
    throw new ModelsError("UNSUPPORTED", "saveLayersModel: the model has no artifacts to save");
  return artifacts;
}

const shardPattern = /^weights-\d+-[0-9a-f]{12}\.bin$/;

async function shardName(count: number, bytes: Uint8Array): Promise<string> {
  const { createHash } = await import("node:crypto");
  return `weights-${count}-${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.bin`;
}

function shardsOf(data: io.WeightData | undefined, shardBytes: number): Uint8Array[] {
  const buffers = data === undefined ? [] : Array.isArray(data) ? data : [data];
  return buffers.flatMap((buffer) =>
    Array.from(
      { length: Math.ceil(buffer.byteLength / shardBytes) },
      (_, i) => new Uint8Array(buffer, i * shardBytes, Math.min(shardBytes, buffer.byteLength - i * shardBytes)),
    ),
  );
}

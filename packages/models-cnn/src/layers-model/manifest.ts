import type { io } from "@tensorflow/tfjs-core";
import { ModelsError, show } from "../errors.js";

/** One group of a `weightsManifest`: files, and what they hold one after the other. */
export interface WeightGroup {
  paths: string[];
  weights: io.WeightsManifestEntry[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The groups of a manifest from a file of anybody.
 *
 * @throws ModelsError `FILE_CONTENT`, naming what is not as expected.
 */
export function readManifest(manifest: unknown, file: string): WeightGroup[] {
  const refuse = (what: string, value: unknown): never => {
    throw new ModelsError(
      "FILE_CONTENT",
      `loadLayersModel: expected ${what} in weightsManifest of ${file}, got ${show(value).slice(0, 100)}`,
    );
  };
  const list = (value: unknown, what: string): unknown[] => (Array.isArray(value) ? value : refuse(what, value));
  return list(manifest, "a list of groups").map((group) => {
    if (!isObject(group)) return refuse("a group of paths and weights", group);
    const paths = list(group["paths"], "a list of paths").map((path) =>
      typeof path === "string" && path !== "" && !path.includes("\0") ? path : refuse("the name of a file", path),
    );
    const weights = list(group["weights"], "a list of weights").map((weight) => {
      if (!isObject(weight) || typeof weight["name"] !== "string" || typeof weight["dtype"] !== "string")
        return refuse("a weight with name and dtype", weight);
      if (!list(weight["shape"], "a shape").every((extent) => Number.isSafeInteger(extent) && (extent as number) >= 0))
        return refuse("a shape of non-negative integers", weight["shape"]);
      const { quantization } = weight;
      if (quantization !== undefined && !isQuantization(quantization))
        return refuse("a quantization with dtype, scale and min", quantization);
      return weight as unknown as io.WeightsManifestEntry;
    });
    return { paths, weights };
  });
}

const isQuantization = (value: unknown): boolean =>
  isObject(value) &&
  typeof value["dtype"] === "string" &&
  (value["dtype"] === "float16" || (Number.isFinite(value["scale"]) && Number.isFinite(value["min"])));

/** Weights by the names of TensorFlow.js: Keras 3 writes those of a Sequential model with the name of the model before them. */
export function withoutModelName(
  weights: readonly io.WeightsManifestEntry[],
  model: unknown,
): io.WeightsManifestEntry[] {
  const name = isObject(model) && isObject(model["config"]) ? model["config"]["name"] : undefined;
  const prefix = `${String(name)}/`;
  const all =
    weights.length > 0 &&
    weights.every((weight) => weight.name.startsWith(prefix) && weight.name.slice(prefix.length).includes("/"));
  return all ? weights.map((weight) => ({ ...weight, name: weight.name.slice(prefix.length) })) : [...weights];
}

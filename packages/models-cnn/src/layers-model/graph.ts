import { ModelsError, show } from "../errors.js";

type Config = Record<string, unknown>;

const isConfig = (value: unknown): value is Config =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Layers that have a node of their own before anybody calls them. */
const ownNode: ReadonlySet<unknown> = new Set(["InputLayer", "Sequential", "Model", "Functional"]);

/**
 * Refuses a graph in which a layer waits for one that never comes, or goes by two names: TensorFlow.js would wait with it for ever.
 *
 * @param config - Of a functional model, with calls as `[layer, node, tensor, arguments]`.
 * @throws ModelsError `FILE_CONTENT`, naming both layers.
 */
export function assertGraph(config: Config): void {
  const layers = Array.isArray(config["layers"]) ? config["layers"].filter(isConfig) : [];
  const seen = new Set<unknown>();
  for (const { name, config: own } of layers) {
    const inner = isConfig(own) ? own["name"] : undefined;
    if (name !== inner || seen.has(name))
      throw new ModelsError(
        "FILE_CONTENT",
        seen.has(name)
          ? `two layers are called ${show(name)}`
          : `layer ${show(name)} is called ${show(inner)} in its config`,
      );
    seen.add(name);
  }
  const nodes = new Map(layers.map((layer) => [layer["name"], ownNode.has(layer["class_name"]) ? 1 : 0]));
  let waiting = layers.flatMap((layer): Call[] =>
    (Array.isArray(layer["inbound_nodes"]) ? (layer["inbound_nodes"] as unknown[]) : []).map((node) => ({
      layer: layer["name"],
      from: sourcesOf(layer["name"], node),
    })),
  );
  while (waiting.length > 0) {
    const later: Call[] = [];
    for (const call of waiting) {
      const missing = call.from.find(([layer, node]) => (nodes.get(layer) ?? 0) <= node);
      if (missing !== undefined) later.push(call);
      else nodes.set(call.layer, (nodes.get(call.layer) ?? 0) + 1);
    }
    if (later.length === waiting.length) {
      const [{ layer, from }] = later as [Call];
      const missing = from.find(([name, node]) => (nodes.get(name) ?? 0) <= node)!;
      throw new ModelsError(
        "FILE_CONTENT",
        `layer ${show(layer)} reads output ${show(missing[1])} of layer ${show(missing[0])}, which ${nodes.has(missing[0]) ? "is never computed" : "does not exist"}`,
      );
    }
    waiting = later;
  }
}

type Source = readonly [layer: string, node: number];

interface Call {
  layer: unknown;
  from: readonly Source[];
}

function sourcesOf(layer: unknown, node: unknown): Source[] {
  const isIndex = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  const fits = (input: unknown): boolean =>
    Array.isArray(input) && typeof input[0] === "string" && isIndex(input[1]) && isIndex(input[2]);
  if (!Array.isArray(node) || node.length === 0 || !node.every(fits))
    throw new ModelsError(
      "FILE_CONTENT",
      `layer ${show(layer)} expected calls as [layer, node, tensor, arguments] per input, got ${show(node).slice(0, 100)}`,
    );
  return node.map((input) => [(input as Source)[0], (input as Source)[1]]);
}

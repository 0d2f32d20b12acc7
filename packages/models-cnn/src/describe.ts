import { showShape } from "./errors.js";
import type { Network } from "./config.js";
import { parameterCount } from "./parameters.js";

/** A table of the network for people: one line per layer with its output shape and number of parameters, and the total. */
export function describe(network: Network): string {
  const rows = network.layers.map((layer) => [
    `${"  ".repeat(layer.depth)}${layer.name}`,
    layer.kind,
    showShape(layer.outputShape),
    String(parameterCount(layer.parameters)),
  ]);
  const table = [["layer", "kind", "output", "parameters"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, i) => (i === 3 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
  const total = parameterCount(network.parameters);
  const title = `${network.name}: ${showShape(network.inputShape)} → ${network.outputs}, ${total} parameters`;
  return [title, ...lines].join("\n");
}

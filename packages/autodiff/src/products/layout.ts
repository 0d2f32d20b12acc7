import type * as tf from "@tensorflow/tfjs-core";

/** Where a parameter lies in a flat vector. */
export interface ParameterSlot {
  name: string;
  shape: number[];
  /** Index of its first entry. */
  start: number;
  /** Number of entries. */
  size: number;
}

/** The order of a flat vector: that of {@link flatten}. */
export function layoutOf(params: tf.NamedTensorMap): ParameterSlot[] {
  let start = 0;
  return Object.entries(params).map(([name, { shape, size }]) => {
    const slot = { name, shape: [...shape], start, size };
    start += size;
    return slot;
  });
}

/**
 * Groups names of parameters by layer: what comes before the last "." or "/" ("conv1.kernel" and "conv1.bias" are of "conv1"); a
 * name without either is a layer of its own.
 *
 * @param names - Or a record by name, such as the parameters themselves.
 * @returns Names by layer, in order of first occurrence.
 */
export function layersOf(names: readonly string[] | Readonly<Record<string, unknown>>): Record<string, string[]> {
  const layers: Record<string, string[]> = {};
  for (const name of Array.isArray(names) ? (names as readonly string[]) : Object.keys(names)) {
    const layer = /^(.+)[./][^./]+$/.exec(name)?.[1] ?? name;
    (layers[layer] ??= []).push(name);
  }
  return layers;
}

import * as tf from "@tensorflow/tfjs-core";
import { assertParams } from "../products/named-tensors.js";
import { assertGradientsRegistered } from "../second-order/install.js";
import { prepared, type GramModel, type GramOptions } from "./gram.js";
import { addInnerProducts, unitsOf } from "./inner-products.js";
import type { Inputs } from "./slices.js";
import { tidied } from "./tidied.js";

/** The cost of a Gram matrix. */
export interface GramCost {
  /** nC, its number of rows. */
  size: number;
  /** Bytes of K on the host, with the part of each parameter if `perParameter` is set. */
  bytes: number;
  /** Further bytes in use on the device, roughly: `chunkBytes`, or less where everything fits. */
  deviceBytes: number;
  /** Wall time on this backend, extrapolated from a measurement on a few examples; accurate to a factor of about two. */
  seconds: number;
}

/** Rows of K in the measurement; products of so many run about as fast as larger ones. */
const enoughRows = 256;

/**
 * The cost of `gram` or `gramSystem` with the same arguments, to choose between the exact computation through K and products with
 * H and G.
 *
 * Runs the model on a few examples, at most 256 rows of K, forwards and C times backwards, twice, and multiplies these rows as
 * all rows would be multiplied. Passes are counted as often as chunks would be computed again, products as (nC)².
 *
 * @throws AutodiffError as `gram`; so a model without per-example rules is already refused here.
 */
export async function gramSystemCost(
  model: GramModel,
  params: tf.NamedTensorMap,
  inputs: Inputs,
  options: GramOptions = {},
): Promise<GramCost> {
  const caller = "gramSystemCost";
  assertGradientsRegistered();
  assertParams(params, caller);
  const { slices, chunking, outputs, compute, chunkBytes, bytesPerExample } = prepared(
    model,
    params,
    inputs,
    options,
    caller,
  );
  const { examples } = slices;
  const size = examples * outputs;
  const tile = chunking.groups[0]![0]![1];
  const count = Math.min(tile, Math.max(1, Math.ceil(enoughRows / outputs)));
  const measure = (): Promise<Times> =>
    measured(count, outputs, () => compute(slices.slice(0, count)), examples, chunking);
  await measure(); // kernels are compiled, memory is grown
  const { passes, products } = await measure();
  const [shareOfPasses, shareOfProducts] = [examples / count, (examples / count) ** 2];
  const parts = options.perParameter === true ? 1 + Object.keys(params).length : 1;
  return {
    size,
    bytes: 8 * size ** 2 * parts,
    deviceBytes: Math.min(chunkBytes, Math.ceil(bytesPerExample * examples)),
    seconds: (passes * shareOfPasses * recomputation(chunking.groups) + products * shareOfProducts) / 1000,
  };
}

interface Times {
  passes: number;
  products: number;
}
type Prepared = ReturnType<typeof prepared>;

/** Milliseconds of the passes of some examples, and of their products with each other, the half below the diagonal. */
async function measured(
  count: number,
  outputs: number,
  compute: Prepared["compute"] extends (x: tf.Tensor) => infer F ? () => F : never,
  total: number,
  { rowBytes }: Prepared["chunking"],
): Promise<Times> {
  const start = performance.now();
  const factors = tidied(compute);
  try {
    await factors.predictions.data();
    const between = performance.now();
    const size = count * outputs;
    const sink = { matrices: [new Float64Array(size * size)], size };
    const tiles = [{ start: 0, factors }];
    const pairing = { rows: tiles, columns: tiles, symmetric: true };
    for (const unit of unitsOf(factors)) {
      await addInnerProducts(pairing, unit, { bytes: rowBytes, total, sinkOf: () => sink });
    }
    // One tile with itself is computed whole; of many tiles only half the pairs are.
    const half = total > count ? (total / count + 1) / (2 * (total / count)) : 1;
    return { passes: between - start, products: (performance.now() - between) * half };
  } finally {
    tf.dispose(factors as unknown as tf.TensorContainer);
  }
}

/** How often the model is evaluated on an example on average: once for its group, and once for each later group. */
function recomputation(groups: Prepared["chunking"]["groups"]): number {
  const sizes = groups.map((group) => group.reduce((sum, [, length]) => sum + length, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.reduce((sum, size, g) => sum + size * (groups.length - g), 0) / total;
}

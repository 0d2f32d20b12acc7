import { setFlagsFromString } from "node:v8";

/** Exports nothing: one function with the instruction `f64x2.relaxed_madd`. */
const SMALLEST = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7b, 1, 0x7b, 3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 0, 0x20, 0, 0xfd, 0x87, 2, 0x0b],
);

/**
 * Lets the kernels of linear-algebra fuse multiplications with additions also in Node 20, which has relaxed SIMD behind a flag:
 * products of large matrices take a quarter less. To be called before the first of them.
 *
 * @returns Whether modules may use it now.
 */
export function enableRelaxedSimd(): boolean {
  if (!WebAssembly.validate(SMALLEST)) setFlagsFromString("--experimental-wasm-relaxed-simd");
  return WebAssembly.validate(SMALLEST);
}

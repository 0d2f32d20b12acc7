import { setFlagsFromString } from "node:v8";
import { afterAll, expect, it } from "vitest";
import { multiplyTransposed, symmetricEigen, symmetricProduct } from "../../src/index.js";
import { FUSED } from "../../src/kernels/binary.js";
import { useKernels, type KernelMode } from "../../src/kernels/kernels.js";
import { generator, largestDifference, symmetric } from "../support.js";

const bytes = Uint8Array.from(atob(FUSED.base64), (character) => character.charCodeAt(0));
// Node 20 has relaxed SIMD behind this flag; later ones, which have it without, know no such flag.
if (!WebAssembly.validate(bytes)) setFlagsFromString("--experimental-wasm-relaxed-simd");

afterAll(() => useKernels("threads"));

const size = 300;
const a = Float64Array.from({ length: size * size }, generator(1));
const b = Float64Array.from({ length: size * size }, generator(2));
function products(mode: KernelMode): Float64Array[] {
  useKernels(mode);
  return [
    multiplyTransposed(a, b, size, size, size),
    symmetricProduct(a, a, size, size),
    symmetricProduct(a, a, size, size, { precision: "single" }),
    symmetricEigen(symmetric(size, generator(3)), size).values,
  ];
}

it("kernels that fuse multiplications load here", () => {
  expect(WebAssembly.validate(bytes)).toBe(true);
});

it("are right to rounding, and in single precision to it", () => {
  const [product, square, single, values] = products("one-thread");
  const [wanted, wantedSquare, , wantedValues] = products("javascript");
  expect(largestDifference(product!, wanted!)).toBeLessThan(1e-15 * size);
  expect(largestDifference(square!, wantedSquare!)).toBeLessThan(1e-15 * size);
  expect(largestDifference(single!, wantedSquare!)).toBeLessThan(1e-6 * size);
  expect(largestDifference(values!, wantedValues!)).toBeLessThan(1e-15 * size * size);
});

it("give the same bits for any number of threads", () => {
  const expected = products("one-thread");
  for (let round = 0; round < 3; round++)
    products("threads").forEach((product, k) => {
      expect(product.every((value, index) => Object.is(value, expected[k]![index]))).toBe(true);
    });
});

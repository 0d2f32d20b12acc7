import { importByName, inNode, locate } from "../../backend/load.js";

/** Files that TensorFlow.js may ask for; in Node it takes the second. */
const BINARIES = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 0x01;
const SHARED = 0x02;

/**
 * A copy of a WebAssembly module with shared memory, so that threads of this process can compute in it: one bit in
 * its section of memories.
 *
 * @returns `undefined` if the module has no memory of its own with a maximum, which sharing requires.
 */
export function withSharedMemory(binary: Uint8Array): Uint8Array | undefined {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  while (at < binary.length) {
    const id = binary[at++]!;
    const end = number() + at;
    if (id === MEMORY_SECTION) {
      number(); // how many: one
      if ((binary[at]! & HAS_MAXIMUM) === 0) return undefined;
      const shared = Uint8Array.from(binary);
      shared[at]! |= SHARED;
      return shared;
    }
    at = end;
  }
  return undefined;
}

/**
 * The SIMD module of TensorFlow.js with shared memory, by file name for `setWasmPaths`, as `data:` URLs.
 *
 * @returns `undefined` outside Node, if the file is not found (in a bundle), or if its memory cannot be shared.
 */
export async function sharedBinaries(): Promise<Record<string, string> | undefined> {
  if (!inNode()) return undefined;
  const located = await locate("@tensorflow/tfjs-backend-wasm");
  if (located === undefined) return undefined;
  const { readFile } = (await importByName("node:fs/promises")) as typeof import("node:fs/promises");
  const binary = await readFile(new URL(BINARIES[1]!, located.url)).catch(() => undefined);
  const shared = binary && withSharedMemory(binary);
  if (shared === undefined) return undefined;
  const url = `data:application/wasm;base64,${Buffer.from(shared).toString("base64")}`;
  return Object.fromEntries(BINARIES.map((name) => [name, url]));
}

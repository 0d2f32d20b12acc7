import type { DataType, KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import { ComputeError } from "../errors.js";
import { createAssembler, hasRelaxedSimd } from "./assembler.js";
import {
  CONTRACTION_ORDER,
  defineContract,
  PACKED_BYTES,
  PRODUCT_ORDER,
  type Contraction,
  type Product,
} from "./program/contract.js";
import { defineElementwise, ELEMENTWISE } from "./program/elementwise.js";
import { defineLayout } from "./program/layout.js";
import { defineReduce } from "./program/reduce.js";
import { defineWindow } from "./program/window.js";
import { dividedContraction, dividedProduct, partsOf, runsOf } from "./threads/divide.js";
import { startTeam, type Team } from "./threads/team.js";

/** What the kernels use of `BackendWasm`. */
export interface WasmBackend extends KernelBackend {
  wasm: {
    HEAPU8: Uint8Array;
    HEAPF32: Float32Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
    asm?: { memory?: WebAssembly.Memory };
    wasmMemory?: WebAssembly.Memory;
  };
  dataIdMap: { get(dataId: object): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
}

/** A Float32 number as the integer with the same bits: the assembled functions take integers only. */
export function bitsOf(value: number): number {
  floats[0] = value;
  return integers[0]!;
}
const floats = new Float32Array(1);
const integers = new Int32Array(floats.buffer);

type Function_ = (...values: number[]) => void;

const FUNCTIONS = [
  ...(["transpose", "copyRuns", "clear", "packPanels", "repeat", "addRow"] as const),
  ...(["sumColumns", "sumRows", "addToSegments"] as const),
  ...ELEMENTWISE,
  ...(["spreadAverage", "placeAverage", "spreadToMaximum", "spreadDepthwise", "gatherDepthwise"] as const),
] as const;

/** The assembled functions over the memory of one backend (see `program/`), with what kernels need besides. */
export interface Runtime extends Record<(typeof FUNCTIONS)[number], Function_> {
  /** See `defineContract`. Large ones are divided among threads, here and in `multiply`. */
  contract(contraction: Contraction): void;
  /** See `defineContract`; brings its own scratch memory. */
  multiply(product: Omit<Product, "packed">): void;
  /**
   * Calls a function for `count` items of `weight` operations each; many items are divided among threads, each with the arguments for
   * its share.
   */
  divide(
    name: (typeof FUNCTIONS)[number],
    count: number,
    weight: number,
    argumentsOf: (start: number, length: number) => number[],
  ): void;
  /** Threads that compute, once all have started. */
  threads: number;
  /** The address of the numbers of a tensor, until it is disposed. */
  address(tensor: TensorInfo): number;
  /** A new tensor of undefined content, Float32 by default. */
  output(shape: number[], dtype?: DataType): TensorInfo;
  /** Another tensor over the same numbers. */
  share(tensor: TensorInfo, shape?: number[]): TensorInfo;
  /** Drops a tensor made here. */
  dispose(tensor: TensorInfo): void;
  /** The numbers of a tensor in place: valid until the next allocation. */
  view(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
  /** Lends memory of undefined content to `use`, and frees it. */
  scratch<T>(bytes: number, use: (address: number) => T): T;
}

const memoryOf = (backend: WasmBackend): WebAssembly.Memory | undefined =>
  backend.wasm.asm?.memory ?? backend.wasm.wasmMemory;

const runtimes = new WeakMap<WasmBackend, Runtime>();

function assembleProgram(sharedMemory: boolean): Uint8Array<ArrayBuffer> {
  const asm = createAssembler();
  defineLayout(asm);
  defineContract(asm, hasRelaxedSimd());
  defineReduce(asm);
  defineElementwise(asm);
  defineWindow(asm);
  return asm.assemble({ sharedMemory });
}

/**
 * Loads the functions into the memory of a backend.
 *
 * @param threads - Threads that may compute at once, if the memory is shared.
 * @throws ComputeError `BACKEND_FAILED` where WebAssembly has no SIMD or the memory of the backend cannot be reached.
 */
export async function loadRuntime(backend: WasmBackend, threads: number): Promise<Runtime> {
  const known = runtimes.get(backend);
  if (known !== undefined) return known;
  const memory = memoryOf(backend);
  if (memory === undefined) {
    throw new ComputeError("BACKEND_FAILED", "the memory of this wasm backend cannot be reached");
  }
  const shared = typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
  const { instance, module } = await WebAssembly.instantiate(assembleProgram(shared), { env: { memory } });
  const functions = instance.exports as Record<string, Function_>;
  const team = shared && threads > 1 ? await startTeam(module, memory, functions, threads) : alone(functions);
  const runtime = createRuntime(backend, functions, team);
  runtimes.set(backend, runtime);
  return runtime;
}

/** The runtime of a backend that was loaded before. */
export function runtimeOf(backend: unknown): Runtime {
  const runtime = runtimes.get(backend as WasmBackend);
  if (runtime === undefined) {
    throw new ComputeError("BACKEND_FAILED", 'this wasm backend is new; prepare it with prepareBackend("wasm") first');
  }
  return runtime;
}

/** This thread without helpers. */
const alone = (functions: Record<string, Function_>): Team => ({
  threads: 1,
  size: () => 1,
  run: (name, [values]) => functions[name]!(...values!),
});

function createRuntime(backend: WasmBackend, functions: Record<string, Function_>, team: Team): Runtime {
  const named = Object.fromEntries(FUNCTIONS.map((name) => [name, functions[name]])) as Pick<
    Runtime,
    (typeof FUNCTIONS)[number]
  >;
  // Kept as long as the backend, one piece per part.
  const packed = backend.wasm._malloc(PACKED_BYTES * partsOf(Infinity, team.threads));
  return {
    ...named,
    threads: team.threads,
    multiply: (product) => {
      const parts = dividedProduct({ ...product, packed }, team.size());
      team.run(
        "multiply",
        parts.map((part, k) =>
          PRODUCT_ORDER.map((name) => (name === "packed" ? packed + k * PACKED_BYTES : part[name])),
        ),
      );
    },
    contract: (contraction) => {
      const parts = dividedContraction(contraction, team.size());
      team.run(
        "contract",
        parts.map((part) => CONTRACTION_ORDER.map((name) => part[name])),
      );
    },
    divide: (name, count, weight, argumentsOf) => {
      const runs = runsOf(count, partsOf(count * weight, team.size()));
      if (runs.length > 0)
        team.run(
          name,
          runs.map(([start, length]) => argumentsOf(start, length)),
        );
    },
    address: (tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset,
    output: (shape, dtype = "float32") => backend.makeOutput(shape, dtype),
    share: ({ dataId, dtype, shape: own }, shape = own) => {
      backend.incRef(dataId);
      return { dataId, dtype, shape };
    },
    dispose: ({ dataId }) => void backend.disposeData(dataId),
    view: (tensor) => backend.typedArrayFromHeap(tensor),
    scratch: (bytes, use) => {
      const address = backend.wasm._malloc(bytes) >>> 0;
      if (address === 0 && bytes > 0) {
        throw new ComputeError("OUT_OF_MEMORY", `${bytes} bytes of WebAssembly memory could not be allocated`);
      }
      try {
        return use(address);
      } finally {
        backend.wasm._free(address);
      }
    },
  };
}

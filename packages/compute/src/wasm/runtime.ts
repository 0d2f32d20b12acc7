import type { DataType, KernelBackend, TensorInfo } from "@tensorflow/tfjs";
import { ComputeError } from "../errors.js";
import { createAssembler } from "./assembler.js";
import { contractionArguments, defineContract, type Contraction } from "./program/contract.js";
import { defineLayout } from "./program/layout.js";

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
  disposeData(dataId: object): boolean;
}

type Function_ = (...values: number[]) => void;

/** The assembled functions over one backend's memory, with what kernels need around them. */
export interface Runtime {
  /** Where a tensor's numbers start. Valid until the next allocation disposes the tensor, not beyond. */
  address(tensor: TensorInfo): number;
  /** A new Float32 tensor of unset content. */
  output(shape: number[]): TensorInfo;
  /** Lends memory of unset content to `use`, and frees it. */
  scratch<T>(bytes: number, use: (address: number) => T): T;
  contract(contraction: Contraction): void;
  transpose(from: number, to: number, batch: number, rows: number, columns: number): void;
  copyRuns: Function_;
  clear(at: number, bytes: number): void;
  packPanels(from: number, rowBytes: number, to: number, depth: number, columns: number): void;
}

const memoryOf = (backend: WasmBackend): WebAssembly.Memory | undefined =>
  backend.wasm.asm?.memory ?? backend.wasm.wasmMemory;

const runtimes = new WeakMap<WasmBackend, Runtime>();

function assembleProgram(sharedMemory: boolean): Uint8Array<ArrayBuffer> {
  const asm = createAssembler();
  defineLayout(asm);
  defineContract(asm);
  return asm.assemble({ sharedMemory });
}

/**
 * Loads the functions into a backend's memory.
 *
 * @throws ComputeError `BACKEND_FAILED` where WebAssembly has no SIMD or the backend hides its memory.
 */
export async function loadRuntime(backend: WasmBackend): Promise<Runtime> {
  const known = runtimes.get(backend);
  if (known !== undefined) return known;
  const memory = memoryOf(backend);
  if (memory === undefined) {
    throw new ComputeError("BACKEND_FAILED", "loadRuntime: expected a wasm backend that shows its memory, got none");
  }
  const shared = typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
  const { instance } = await WebAssembly.instantiate(assembleProgram(shared), { env: { memory } });
  const runtime = createRuntime(backend, instance.exports as Record<string, Function_>);
  runtimes.set(backend, runtime);
  return runtime;
}

/** The runtime of a backend that was loaded before. */
export function runtimeOf(backend: unknown): Runtime {
  const runtime = runtimes.get(backend as WasmBackend);
  if (runtime === undefined) {
    throw new ComputeError(
      "BACKEND_FAILED",
      'runtimeOf: expected a wasm backend prepared by prepareBackend("wasm"), got a new one; call it again',
    );
  }
  return runtime;
}

function createRuntime(backend: WasmBackend, functions: Record<string, Function_>): Runtime {
  const { contract, transpose, copyRuns, clear, packPanels } = functions as Record<string, Function_> &
    Record<"contract" | "transpose" | "copyRuns" | "clear" | "packPanels", Function_>;
  return {
    address: (tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset,
    output: (shape) => backend.makeOutput(shape, "float32"),
    scratch: (bytes, use) => {
      const address = backend.wasm._malloc(bytes) >>> 0;
      if (address === 0 && bytes > 0) {
        throw new ComputeError(
          "OUT_OF_MEMORY",
          `scratch: expected ${bytes} free bytes of WebAssembly memory, got none`,
        );
      }
      try {
        return use(address);
      } finally {
        backend.wasm._free(address);
      }
    },
    contract: (contraction) => contract(...contractionArguments(contraction)),
    transpose,
    copyRuns,
    clear,
    packPanels,
  };
}

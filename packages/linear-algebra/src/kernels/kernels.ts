import { FUSED, PLAIN } from "./binary.js";
import { startTeam, type KernelFunctions, type Team } from "./team.js";

/** The WebAssembly kernels with their memory. What is placed there does not outlive the operation that placed it. */
export interface Kernels {
  /**
   * Grows the memory to hold so many doubles at once, and gives the memory as doubles; `first` is the index of the first free one.
   * Undefined where there is not so much.
   */
  reserve(doubles: number): { memory: Float64Array; first: number } | undefined;
  /** Calls a kernel once for each list of arguments, on several threads where there are some. */
  run(name: string, calls: readonly (readonly number[])[]): void;
  /** Starts helper threads, unless they have been or are not to be had. */
  gatherThreads(): void;
  /** Ends the helper threads. */
  close(): void;
}

/** What computes: JavaScript alone, the kernels on this thread, or on all. The bits of the last two are the same. */
export type KernelMode = "javascript" | "one-thread" | "threads";

/** More helpers would wait for memory. */
const MOST_THREADS = 16;
const PAGE = 65536;
const VARIABLE = "SGDSCOPE_THREADS";

let mode: KernelMode = "threads";
let instance: Kernels | undefined;
let unavailable = false;

/** @internal For tests and benchmarks: everything computes like this from now on. */
export function useKernels(wanted: KernelMode): void {
  if (wanted !== mode) {
    instance?.close();
    instance = undefined;
  }
  mode = wanted;
}

/** @internal The kernels, compiled at the first call; undefined where WebAssembly has no SIMD, or where they do not load. */
export function kernels(): Kernels | undefined {
  if (mode === "javascript" || unavailable) return undefined;
  try {
    return (instance ??= loadForThreads());
  } catch {
    unavailable = true;
    return undefined;
  }
}

/** Where memory cannot be shared, one thread computes. */
function loadForThreads(): Kernels {
  const most = mode === "threads" ? threadsHere() : 1;
  try {
    return load(most);
  } catch (error) {
    if (most === 1) throw error;
    return load(1);
  }
}

function load(most: number): Kernels {
  const shared = most > 1;
  const fused = bytesOf(FUSED, shared);
  const module = new WebAssembly.Module(WebAssembly.validate(fused) ? fused : bytesOf(PLAIN, shared));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared });
  const {
    useScratch,
    scratchBytes,
    memory: _,
    ...functions
  } = new WebAssembly.Instance(module, { env: { memory } }).exports as KernelFunctions & {
    useScratch: (address: number) => void;
    scratchBytes: () => number;
  };
  const each = 1024 * Math.ceil(scratchBytes() / 1024);
  const scratches = Array.from({ length: most }, (_, k) => 1024 + k * each);
  const first = 1024 + most * each;
  useScratch(scratches[0]!);
  let team: Team | undefined;
  return {
    reserve(doubles) {
      const missing = Math.ceil((first + 8 * doubles - memory.buffer.byteLength) / PAGE);
      try {
        if (missing > 0) memory.grow(missing);
      } catch {
        return undefined;
      }
      return { memory: new Float64Array(memory.buffer), first: first / 8 };
    },
    run(name, calls) {
      if (team !== undefined) team.run(name, calls);
      else for (const values of calls) functions[name]!(...values);
    },
    gatherThreads() {
      if (shared) team ??= startTeam(module, memory, scratches.slice(1), functions);
    },
    close() {
      team?.close();
      team = undefined;
    },
  };
}

function bytesOf({ base64, flags }: typeof PLAIN, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  bytes[flags] = shared ? 3 : 1;
  return bytes;
}

/** As many threads as the environment says, else as cores; one outside Node. */
function threadsHere(): number {
  if (typeof process === "undefined" || typeof SharedArrayBuffer === "undefined") return 1;
  // Node from 20.16; types of older ones do not matter, browsers' shims of `process` do.
  if (typeof (process as { getBuiltinModule?: unknown }).getBuiltinModule !== "function") return 1;
  const set = Number(process.env[VARIABLE] ?? NaN);
  const cores = process.getBuiltinModule("node:os").availableParallelism();
  return Math.min(MOST_THREADS, Number.isSafeInteger(set) && set >= 1 ? set : cores);
}

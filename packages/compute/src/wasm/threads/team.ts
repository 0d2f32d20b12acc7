import { importByName } from "../../backend/load.js";
import { ComputeError } from "../../errors.js";

/** Functions of a WebAssembly module, computed by several threads at once. */
export interface Team {
  /** The number of threads, this one included. */
  threads: number;
  /** How many of them are ready. */
  size(): number;
  /**
   * Calls a function once for each list of arguments, at most {@link MOST_CALLS} of them, on whichever threads are free, and returns when
   * all are done. A thread that the system delays holds up the others by no more than its current call.
   */
  run(name: string, calls: readonly (readonly number[])[]): void;
}

type Functions = Record<string, (...values: number[]) => void>;

/** The most calls of one run: a power of two. */
export const MOST_CALLS = 256;
/** A call on the board: the index of the function, the number of arguments, the arguments. */
const CALL_WORDS = 32;
/**
 * The first words of the board. Calls are numbered from the start (modulo 2³²): those before `taken` are being computed or
 * done, those before `end` are to be computed. `done` counts the finished ones; when all are finished, it equals `end`.
 */
const WORDS = { taken: 0, end: 1, done: 2, ready: 3, failed: 4, calls: 8 } as const;
/** Checks of the board before going to sleep, about 0.05 ms: from one operation of a network to the next, because waking up takes as long. */
const GLANCES = 30_000;

/**
 * Takes calls from the board until there are none. Helpers get its source text, so it may use only its arguments.
 */
function takeCalls(
  board: Int32Array,
  functions: Functions[string][],
  words: typeof WORDS,
  callWords: number,
  ring: number,
): void {
  for (;;) {
    const call = Atomics.load(board, words.taken);
    if (((Atomics.load(board, words.end) - call) | 0) <= 0) return;
    if (Atomics.compareExchange(board, words.taken, call, (call + 1) | 0) !== call) continue;
    const at = words.calls + callWords * (call & (ring - 1));
    try {
      functions[board[at]!]!(...board.subarray(at + 2, at + 2 + board[at + 1]!));
    } catch {
      Atomics.store(board, words.failed, 1);
    }
    const before = Atomics.add(board, words.done, 1);
    if (((before + 1) | 0) === Atomics.load(board, words.end)) Atomics.notify(board, words.done);
  }
}

/** The work of a helper. It depends on nothing around it, so that it runs in any form in which this file is published. */
const HELPER = `
const { module, memory, board, names, words, callWords, ring, glances } = require("node:worker_threads").workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const functions = names.map((name) => exports[name]);
const take = ${takeCalls.toString()};
Atomics.add(board, words.ready, 1);
for (;;) {
  const end = Atomics.load(board, words.end);
  take(board, functions, words, callWords, ring);
  for (let glance = 0; glance < glances && Atomics.load(board, words.end) === end; glance++);
  Atomics.wait(board, words.end, end);
}
`;

/**
 * Starts threads that compute in the memory of a module beside this one. They become ready a little later, without a wait, and do
 * not keep the process alive.
 *
 * @param module - Compiled, importing its memory as `env.memory`, which must be shared.
 * @param functions - The exports of the instance of this thread.
 * @param threads - Including this one.
 */
export async function startTeam(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  functions: Functions,
  threads: number,
): Promise<Team> {
  const { Worker } = (await importByName("node:worker_threads")) as typeof import("node:worker_threads");
  const names = Object.keys(functions);
  const board = new Int32Array(new SharedArrayBuffer(4 * (WORDS.calls + MOST_CALLS * CALL_WORDS)));
  const workerData = {
    module,
    memory,
    board,
    names,
    words: WORDS,
    callWords: CALL_WORDS,
    ring: MOST_CALLS,
    glances: GLANCES,
  };
  let helpers = 0;
  while (helpers < threads - 1) {
    try {
      const worker = new Worker(HELPER, { eval: true, execArgv: [], workerData });
      worker.on("error", () => undefined); // it never becomes ready
      worker.unref();
      helpers++;
    } catch {
      break; // threads are not allowed here: fewer threads compute
    }
  }
  const inOrder = names.map((name) => functions[name]!);
  const size = (): number => 1 + Atomics.load(board, WORDS.ready);
  return {
    threads: 1 + helpers,
    size,
    run: (name, calls) => {
      if (calls.length === 1 || size() === 1) {
        for (const values of calls) functions[name]!(...values);
        return;
      }
      const index = names.indexOf(name);
      const first = Atomics.load(board, WORDS.end);
      calls.forEach((values, k) => {
        const at = WORDS.calls + CALL_WORDS * ((first + k) & (MOST_CALLS - 1));
        board[at] = index;
        board[at + 1] = values.length;
        board.set(values, at + 2);
      });
      const end = (first + calls.length) | 0;
      Atomics.store(board, WORDS.end, end);
      Atomics.notify(board, WORDS.end, calls.length - 1);
      takeCalls(board, inOrder, WORDS, CALL_WORDS, MOST_CALLS);
      for (let glance = 0; glance < GLANCES && Atomics.load(board, WORDS.done) !== end; glance++);
      for (let done; (done = Atomics.load(board, WORDS.done)) !== end;) Atomics.wait(board, WORDS.done, done);
      if (Atomics.exchange(board, WORDS.failed, 0) === 1)
        throw new ComputeError("BACKEND_FAILED", `the WebAssembly function ${name} trapped on a thread`);
    },
  };
}

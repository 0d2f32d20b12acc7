/** Helper threads that call functions of a WebAssembly module in memory that they share with this thread. */
export interface Team {
  /** How many threads compute, this one included; helpers join a little after the start. */
  size(): number;
  /** Calls a function once for each list of arguments, on whichever threads are free, and returns when all are done. */
  run(name: string, calls: readonly (readonly number[])[]): void;
  /** Ends the helpers. */
  close(): void;
}

export type KernelFunctions = Record<string, (...values: number[]) => void>;

/** Calls that the board holds at a time: a power of two. */
const RING = 256;
/** A call on the board: the index of the function, the number of arguments, the arguments. */
const CALL_WORDS = 24;
/** First words of the board. Calls are numbered: those before `taken` are being computed or done, those before `end` are to be computed. */
const WORDS = { taken: 0, end: 1, done: 2, ready: 3, failed: 4, calls: 8 } as const;
/** Checks of the board before going to sleep: some 0.05 ms, because waking up takes as long. */
const GLANCES = 30_000;

/** Takes calls from the board until there are none. Helpers get its source text, so it may use only its arguments. */
function takeCalls(
  board: Int32Array,
  functions: ((...values: number[]) => void)[],
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
const { module, memory, scratch, board, names, words, callWords, ring, glances } = require("node:worker_threads").workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
exports.useScratch(scratch);
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
 * Starts helpers in Node. They join without a wait and do not keep the process alive; where threads are not allowed, there are fewer.
 *
 * @param scratches - Addresses in the memory where each helper may pack; one helper per entry.
 * @param functions - Of the instance of this thread.
 */
export function startTeam(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  scratches: readonly number[],
  functions: KernelFunctions,
): Team {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const names = Object.keys(functions);
  const inOrder = names.map((name) => functions[name]!);
  const board = new Int32Array(new SharedArrayBuffer(4 * (WORDS.calls + RING * CALL_WORDS)));
  const common = { module, memory, board, names, words: WORDS, callWords: CALL_WORDS, ring: RING, glances: GLANCES };
  const helpers: InstanceType<typeof Worker>[] = [];
  for (const scratch of scratches) {
    try {
      const worker = new Worker(HELPER, { eval: true, execArgv: [], workerData: { ...common, scratch } });
      worker.on("error", () => undefined); // it never joins
      worker.unref();
      helpers.push(worker);
    } catch {
      break;
    }
  }
  const size = (): number => 1 + Atomics.load(board, WORDS.ready);
  const runSome = (index: number, calls: readonly (readonly number[])[]): void => {
    const first = Atomics.load(board, WORDS.end);
    calls.forEach((values, k) => {
      const at = WORDS.calls + CALL_WORDS * ((first + k) & (RING - 1));
      board[at] = index;
      board[at + 1] = values.length;
      board.set(values, at + 2);
    });
    const end = (first + calls.length) | 0;
    Atomics.store(board, WORDS.end, end);
    Atomics.notify(board, WORDS.end, calls.length - 1);
    takeCalls(board, inOrder, WORDS, CALL_WORDS, RING);
    for (let glance = 0; glance < GLANCES && Atomics.load(board, WORDS.done) !== end; glance++);
    for (let done; (done = Atomics.load(board, WORDS.done)) !== end;) Atomics.wait(board, WORDS.done, done);
    if (Atomics.exchange(board, WORDS.failed, 0) === 1) throw new Error(`the kernel ${names[index]!} trapped`);
  };
  return {
    size,
    close: () => {
      for (const helper of helpers) void helper.terminate();
    },
    run: (name, calls) => {
      if (calls.length === 1 || size() === 1) for (const values of calls) functions[name]!(...values);
      else for (let k = 0; k < calls.length; k += RING) runSome(names.indexOf(name), calls.slice(k, k + RING));
    },
  };
}

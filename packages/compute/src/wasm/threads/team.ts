import { importByName } from "../../backend/load.js";
import { ComputeError } from "../../errors.js";

/** Functions of a WebAssembly module, computed by several threads at once. */
export interface Team {
  /** Threads that there will be, this one included. */
  threads: number;
  /** How many of them are ready. */
  size(): number;
  /**
   * Calls a function once for each list of arguments, each call on a thread of its own, and returns when all are done. The first is
   * computed by this thread; there may be no more than `size()`.
   */
  run(name: string, calls: readonly (readonly number[])[]): void;
}

type Functions = Record<string, (...values: number[]) => void>;

/** States of a helper, in the first word of its mailbox; behind it lie the function's index and its arguments. */
const [STARTING, IDLE, CALLED, FAILED] = [0, 1, 2, 3];
const MAILBOX_WORDS = 64;
/** Looks at a mailbox before going to sleep: about as long as waking up takes. */
const GLANCES = 4000;

/** What a helper does; it needs nothing of its surroundings, so that it runs in whatever form this file is published. */
const HELPER = `
const { workerData } = require("node:worker_threads");
const { module, memory, mail, names } = workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const functions = names.map((name) => exports[name]);
Atomics.store(mail, 0, ${IDLE});
for (;;) {
  for (let glance = 0; glance < ${GLANCES} && Atomics.load(mail, 0) !== ${CALLED}; glance++);
  while (Atomics.load(mail, 0) !== ${CALLED}) Atomics.wait(mail, 0, ${IDLE});
  let next = ${IDLE};
  try {
    functions[mail[1]](...mail.subarray(3, 3 + mail[2]));
  } catch {
    next = ${FAILED};
  }
  Atomics.store(mail, 0, next);
  Atomics.notify(mail, 0);
}
`;

/**
 * Starts threads that compute in a module's memory beside this one. They are ready a little later, without being waited for, and
 * do not keep the process alive.
 *
 * @param module - Compiled, importing its memory as `env.memory`, which must be shared.
 * @param functions - The exports of this thread's own instance.
 * @param threads - With this one.
 */
export async function startTeam(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  functions: Functions,
  threads: number,
): Promise<Team> {
  const { Worker } = (await importByName("node:worker_threads")) as typeof import("node:worker_threads");
  const names = Object.keys(functions);
  const mails: Int32Array[] = [];
  for (let helper = 1; helper < threads; helper++) {
    const mail = new Int32Array(new SharedArrayBuffer(4 * MAILBOX_WORDS));
    try {
      const worker = new Worker(HELPER, { eval: true, execArgv: [], workerData: { module, memory, mail, names } });
      worker.on("error", () => undefined); // it stays "starting", and is not called
      worker.unref();
      mails.push(mail);
    } catch {
      break; // threads are not allowed here: fewer compute
    }
  }
  const ready: Int32Array[] = [];
  let starting = mails;
  const size = (): number => {
    if (starting.length > 0) {
      ready.push(...starting.filter((mail) => Atomics.load(mail, 0) !== STARTING));
      starting = starting.filter((mail) => !ready.includes(mail));
    }
    return 1 + ready.length;
  };
  return {
    threads: 1 + mails.length,
    size,
    run: (name, calls) => {
      if (calls.length === 1) {
        functions[name]!(...calls[0]!);
        return;
      }
      const index = names.indexOf(name);
      const called = calls.slice(1).map((values, k) => {
        const mail = ready[k]!;
        mail[1] = index;
        mail[2] = values.length;
        mail.set(values, 3);
        Atomics.store(mail, 0, CALLED);
        Atomics.notify(mail, 0);
        return mail;
      });
      try {
        functions[name]!(...calls[0]!);
      } finally {
        for (const mail of called) awaitReturn(mail);
      }
      if (called.some((mail) => Atomics.compareExchange(mail, 0, FAILED, IDLE) === FAILED))
        throw new ComputeError("BACKEND_FAILED", `run: expected ${name} to return on every thread, got a trap`);
    },
  };
}

function awaitReturn(mail: Int32Array): void {
  for (let glance = 0; glance < GLANCES; glance++) if (Atomics.load(mail, 0) !== CALLED) return;
  while (Atomics.load(mail, 0) === CALLED) Atomics.wait(mail, 0, CALLED);
}

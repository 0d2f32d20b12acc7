// Ours: a computation that never lets the event loop through can be told of by another thread alone.
import { Worker } from "node:worker_threads";

/** Tells how far a computation is while it blocks the thread that started it. */
export interface Heartbeat {
  /** What is being computed, and how much of the whole is behind, in [0, 1]. */
  beat(fraction: number, message: string): void;
  /** Ends it: nothing is written afterwards. */
  end(): void;
}

const TEXT = 400;

// A string: a file of its own would have to be found from sources and bundle alike.
const thread = `
const { workerData: { shared, fd, every, expected, seconds, terminal } } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const [state, fractions, text] = [new Int32Array(shared, 0, 2), new Float64Array(shared, 8, 1), new Uint8Array(shared, 16)];
const start = Date.now();
setInterval(() => {
  if (Atomics.load(state, 0) === 1) return;
  const elapsed = (Date.now() - start) / 1000;
  const share = Math.max(fractions[0], Math.min(0.99, elapsed / seconds));
  const message = new TextDecoder().decode(text.slice(0, Atomics.load(state, 1)));
  const line = (Math.floor(100 * share) + " %").padStart(6) + "  " + Math.round(elapsed) + " s of up to " + expected + "  " + message;
  try {
    writeSync(fd, terminal ? "\\r\\u001b[2K" + line : line + "\\n");
  } catch {}
}, every);
`;

/**
 * Writes a line at equal intervals from a thread of its own: elapsed time, the time that is expected, and what was last said.
 *
 * @param fd - Where to; a terminal keeps a single line.
 * @param options.every - Milliseconds between lines.
 * @param options.seconds - What the whole is expected to take.
 * @param options.expected - The same for people.
 */
export function heartbeatOn(
  fd: number,
  options: { terminal: boolean; every: number; seconds: number; expected: string },
): Heartbeat {
  const shared = new SharedArrayBuffer(16 + TEXT);
  const state = new Int32Array(shared, 0, 2);
  const fraction = new Float64Array(shared, 8, 1);
  const text = new Uint8Array(shared, 16);
  const worker = new Worker(thread, { eval: true, workerData: { shared, fd, ...options } });
  worker.unref();
  return {
    beat(share, message) {
      fraction[0] = share;
      Atomics.store(state, 1, 0);
      // Ends between two characters, never within one.
      const { written } = new TextEncoder().encodeInto(message, text);
      Atomics.store(state, 1, written);
    },
    end() {
      Atomics.store(state, 0, 1);
      void worker.terminate();
    },
  };
}

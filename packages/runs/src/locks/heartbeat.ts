import { Worker } from "node:worker_threads";

/** Keeps files fresh from a thread of its own, so that a long computation does not look like death. */
export interface Heart {
  /** Sets the time of this file every interval, until the returned function is called; `onLost` when the file is gone. */
  beat(path: string, onLost: () => void): () => void;
  stop(): Promise<void>;
}

// The thread has no module to load, so it works from sources, from a build and from a bundle alike.
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const { utimesSync } = require("node:fs");
const paths = new Set();
parentPort.on("message", ({ path, on }) => void (on ? paths.add(path) : paths.delete(path)));
setInterval(() => {
  const now = new Date();
  for (const path of paths)
    try {
      utimesSync(path, now, now);
    } catch (error) {
      if (error.code !== "ENOENT") continue;
      paths.delete(path);
      parentPort.postMessage(path);
    }
}, workerData.interval);
`;

/** A heart that beats every `interval` milliseconds; it does not keep the process alive. */
export function startHeart(interval: number): Heart {
  const lost = new Map<string, () => void>();
  const thread = new Worker(program, { eval: true, workerData: { interval }, execArgv: [] });
  thread.on("message", (path: string) => lost.get(path)?.());
  thread.unref();
  return {
    beat(path, onLost) {
      lost.set(path, onLost);
      thread.postMessage({ path, on: true });
      return () => {
        lost.delete(path);
        thread.postMessage({ path, on: false });
      };
    },
    stop: async () => void (await thread.terminate()),
  };
}

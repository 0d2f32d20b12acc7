// The main file of a worker process: it speaks over the channel its parent opened and is of no use by itself.
import { prepareBackend } from "../backend/prepare.js";
import { plainError, type FromWorker, type Job, type JobModule, type ToWorker } from "./protocol.js";

const send = (message: FromWorker): void => void (process.connected && process.send!(message));
let job: Job<unknown, unknown>;
let grace = 0;
/** Of the job under way. */
let stopping: AbortController | undefined;

async function start(message: ToWorker & { kind: "start" }): Promise<void> {
  const { module, backend, from, setup, gracePeriod } = message;
  grace = gracePeriod;
  try {
    const report = backend === "none" ? undefined : await prepareBackend(backend, { from });
    const { default: create } = (await import(module)) as { default?: JobModule<unknown, unknown, unknown> };
    if (typeof create !== "function")
      throw new TypeError(
        `startWorkers: expected module to have a function as its default export, got ${typeof create}`,
      );
    job = await create(setup, report);
    send({ kind: "ready", backend: report });
  } catch (error) {
    send({ kind: "unfit", error: plainError(error) });
  }
}

async function work({ id, input }: ToWorker & { kind: "job" }): Promise<void> {
  stopping = new AbortController();
  const { signal } = stopping;
  try {
    const output = await job(input, { progress: (value) => send({ kind: "progress", id, value }), signal });
    send({ kind: "done", id, output });
  } catch (error) {
    send({ kind: "failed", id, error: plainError(error) });
  } finally {
    stopping = undefined;
    if (!process.connected) process.exit(0);
  }
}

/** Without its parent a worker is of no use: a job that can stop gets its time, then the process ends. */
function orphaned(): void {
  if (stopping === undefined || grace === 0) process.exit(0);
  stopping.abort();
  setTimeout(() => process.exit(0), grace);
}

if (process.send === undefined) throw new Error("this file runs only as a worker of startWorkers");
process.on("message", (message: ToWorker) => {
  if (message.kind === "stop") stopping?.abort();
  else void (message.kind === "start" ? start(message) : work(message));
});
process.on("disconnect", orphaned);
// The parent decides what an interrupt at the terminal means: it hears of it too.
process.on("SIGINT", () => undefined);
// Beyond a limit of file sizes a write is to fail, not the process to end.
process.on("SIGXFSZ", () => undefined);

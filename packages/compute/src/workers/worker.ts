// The main file of a worker process: it speaks over the channel its parent opened and is of no use by itself.
import { prepareBackend } from "../backend/prepare.js";
import { plainError, type FromWorker, type Job, type JobModule, type ToWorker } from "./protocol.js";

const send = (message: FromWorker): void => void process.send!(message);
let job: Job<unknown, unknown>;

async function start({ module, backend, from, setup }: ToWorker & { kind: "start" }): Promise<void> {
  try {
    const report = await prepareBackend(backend, { from });
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
  try {
    const output = await job(input, { progress: (value) => send({ kind: "progress", id, value }) });
    send({ kind: "done", id, output });
  } catch (error) {
    send({ kind: "failed", id, error: plainError(error) });
  }
}

if (process.send === undefined) throw new Error("this file runs only as a worker of startWorkers");
process.on("message", (message: ToWorker) => void (message.kind === "start" ? start(message) : work(message)));
process.on("disconnect", () => process.exit(0));

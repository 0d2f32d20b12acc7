import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BackendReport } from "../backend/prepare.js";
import { ComputeError } from "../errors.js";
import { environmentOfWorkers } from "./environment.js";
import { revivedError, type FromWorker, type ToWorker } from "./protocol.js";

/** @internal One worker process; it does one job at a time. */
export interface WorkerProcess {
  backend: BackendReport | undefined;
  run(input: unknown, onProgress?: (value: unknown) => void): Promise<unknown>;
  /** Whether the process still takes jobs. */
  alive(): boolean;
  /** Ends it immediately; a running job rejects. */
  kill(): void;
  /** Asks the job under way to stop, and ends the process where it has not stopped within the grace period. */
  stop(): void;
}

interface Pending {
  id: number;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  onProgress: ((value: unknown) => void) | undefined;
}

/** Beside this file: TypeScript when the sources run, JavaScript in the published package. */
const entry = fileURLToPath(
  import.meta.url.endsWith(".ts") ? new URL("./worker.ts", import.meta.url) : new URL("./worker.js", import.meta.url),
);

/** @internal Starts a worker process and waits until its backend and its job are ready. */
export async function startProcess(
  start: Omit<ToWorker & { kind: "start" }, "kind">,
  { execArgv, workers }: { execArgv: string[]; workers: number },
): Promise<WorkerProcess> {
  const child: ChildProcess = fork(entry, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv,
    env: environmentOfWorkers(workers),
  });
  let pending: Pending | undefined;
  let alive = true;
  let jobs = 0;

  const request = (message: ToWorker, id: number, onProgress?: (value: unknown) => void): Promise<unknown> =>
    new Promise((resolve, reject) => {
      pending = { id, resolve, reject, onProgress };
      child.send(message, (error) => {
        if (error !== null) ended(error.message);
      });
    });
  const settle = (how: (each: Pending) => void): void => {
    const each = pending;
    pending = undefined;
    if (each !== undefined) how(each);
  };
  const ended = (why: string): void => {
    alive = false;
    settle(({ reject }) =>
      reject(new ComputeError("WORKER_ENDED", `startWorkers: a worker process ended early (${why})`)),
    );
  };
  /** What it has already sent may still arrive; it takes no other job. */
  const kill = (): void => {
    alive = false;
    child.kill("SIGKILL");
  };
  child.on("error", (error) => ended(error.message));
  child.on("exit", (code, signal) => ended(signal ?? `exit code ${code}`));
  child.on("message", (message: FromWorker) => {
    if (message.kind === "progress") {
      if (pending?.id === message.id) pending.onProgress?.(message.value);
    } else if (message.kind === "ready") settle(({ resolve }) => resolve(message.backend));
    else if (message.kind === "done") settle(({ resolve }) => resolve(message.output));
    else settle(({ reject }) => reject(revivedError(message.error)));
  });

  try {
    const backend = (await request({ kind: "start", ...start }, 0)) as BackendReport | undefined;
    return {
      backend,
      run: (input, onProgress) => request({ kind: "job", id: ++jobs, input }, jobs, onProgress),
      alive: () => alive,
      kill,
      stop() {
        if (start.gracePeriod === 0) {
          kill();
          return;
        }
        const stopped = pending;
        if (stopped === undefined || !alive) return;
        child.send({ kind: "stop" } satisfies ToWorker, () => undefined);
        setTimeout(() => {
          if (pending === stopped) kill();
        }, start.gracePeriod).unref();
      },
    };
  } catch (error) {
    kill();
    throw error;
  }
}

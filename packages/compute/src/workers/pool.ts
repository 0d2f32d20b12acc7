import { availableParallelism } from "node:os";
import type { BackendName } from "../backend/packages.js";
import type { BackendReport } from "../backend/prepare.js";
import { ComputeError } from "../errors.js";
import { startProcess, type WorkerProcess } from "./process.js";

export interface WorkersOptions<Setup> {
  /** Number of processes; default: one per core. They share the cores: with fewer processes each uses several threads. */
  workers?: number;
  /** The backend of each process; default "wasm". Jobs that compute without TensorFlow.js need "none". */
  backend?: BackendName | "auto" | "none";
  /** Given to the default export of the module in every process; must survive a structured clone. */
  setup?: Setup;
  /** Where optional backend packages are looked for; default: the working directory. */
  from?: string;
  /** Arguments of Node for the processes; default: those of this one. */
  execArgv?: string[];
  /**
   * Milliseconds that a job has to stop by itself once its `context.signal` is aborted, before its process is killed. Default 0:
   * killed at once.
   */
  gracePeriod?: number;
  /** How many processes a job may cost: one whose process died is given to another until then. Default 1: none is. */
  attempts?: number;
}

export interface RunOptions {
  onProgress?: (value: unknown) => void;
  /**
   * Asks the job to stop; it then gives what it returns, or rejects with the signal's reason. Where it cannot stop within the
   * grace period its process is killed, and another takes its place.
   */
  signal?: AbortSignal;
}

export interface MapOptions<Output> {
  onProgress?: (index: number, value: unknown) => void;
  /** Called with each result as it arrives, in no particular order; its worker takes the next job when what this returns has settled. */
  onResult?: (index: number, output: Output) => void | Promise<void>;
  signal?: AbortSignal;
}

export interface Workers<Input, Output> {
  /** Number of processes, and so of jobs at once. */
  size: number;
  /** The backend of each process; undefined for "none". */
  backend: BackendReport | undefined;
  /** One job, by the next free process. */
  run(input: Input, options?: RunOptions): Promise<Output>;
  /** One job per input, results in the order of the inputs. The first failure stops the rest. */
  map(inputs: Iterable<Input>, options?: MapOptions<Output>): Promise<Output[]>;
  /** Ends the processes; running jobs reject. */
  close(): void;
}

/**
 * Starts processes that do independent jobs side by side, each with a backend of its own: seeds, the points of a sweep, or
 * the probes of one estimate. For Node; a job carries its own seed, so results do not depend on the number of processes.
 *
 * @param module - File with a `JobModule` as its default export, as a `file:` URL.
 * @param options - The number of processes, their backend, and their shared setup.
 * @returns The workers, when the first is ready; the caller closes them. A process that dies during a job is replaced. Cost:
 *   the memory of one backend per process, and a copy of each input and result.
 * @throws RangeError for an invalid number of workers; ComputeError as `prepareBackend`, or the error that the module throws,
 *   with its name and code. Jobs reject with their own error, or `WORKER_ENDED` when the process died.
 */
export async function startWorkers<Setup, Input, Output>(
  module: URL,
  options: WorkersOptions<Setup> = {},
): Promise<Workers<Input, Output>> {
  const {
    workers: size = availableParallelism(),
    backend = "wasm",
    from = process.cwd(),
    execArgv = process.execArgv,
    gracePeriod = 0,
    attempts = 1,
  } = options;
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`startWorkers: expected options.workers to be a positive integer, got ${size}`);
  const start = (): Promise<WorkerProcess> =>
    startProcess(
      { module: module.href, backend, from, setup: options.setup, gracePeriod },
      { execArgv, workers: size },
    );

  const first = await start();
  const idle: WorkerProcess[] = [first];
  const all = new Set<WorkerProcess>(idle);
  const waiting: (() => void)[] = [];
  let starting = 0;
  const closing = new AbortController();

  const release = (worker: WorkerProcess): void => {
    idle.push(worker);
    waiting.shift()?.();
  };
  const admit = (worker: WorkerProcess): WorkerProcess => {
    all.add(worker);
    if (closing.signal.aborted) worker.kill();
    return worker;
  };
  const acquire = async (): Promise<WorkerProcess> => {
    for (;;) {
      if (closing.signal.aborted) throw new ComputeError("WORKER_ENDED", "startWorkers: the workers were closed");
      const worker = idle.pop();
      if (worker?.alive() === true) return worker;
      if (worker !== undefined) all.delete(worker);
      else if (all.size + starting < size) {
        starting++;
        try {
          return admit(await start());
        } catch (error) {
          waiting.shift()?.();
          throw error;
        } finally {
          starting--;
        }
      } else await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };

  const run = async (input: Input, options: RunOptions = {}): Promise<Output> => {
    for (let attempt = 1; ; attempt++)
      try {
        return await once(input, options);
      } catch (error) {
        const died = error instanceof ComputeError && error.code === "WORKER_ENDED";
        if (!died || attempt >= attempts || closing.signal.aborted) throw error;
      }
  };

  const once = async (input: Input, { onProgress, signal }: RunOptions): Promise<Output> => {
    signal?.throwIfAborted();
    const worker = await acquire();
    const abort = (): void => worker.stop();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      signal?.throwIfAborted();
      return (await worker.run(input, onProgress)) as Output;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      release(worker);
    }
  };

  const map = async (
    inputs: Iterable<Input>,
    { onProgress, onResult, signal }: MapOptions<Output> = {},
  ): Promise<Output[]> => {
    const stop = new AbortController();
    const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const outputs: Output[] = [];
    const queue = [...inputs].entries();
    const serve = async (): Promise<void> => {
      for (const [index, input] of queue) {
        outputs[index] = await run(input, {
          ...(onProgress === undefined ? {} : { onProgress: (value) => onProgress(index, value) }),
          signal: either,
        });
        await onResult?.(index, outputs[index]);
      }
    };
    try {
      await Promise.all(Array.from({ length: size }, serve));
    } catch (error) {
      stop.abort(error);
      throw error;
    }
    return outputs;
  };

  const close = (): void => {
    closing.abort();
    for (const worker of all) worker.kill();
    for (const wake of waiting.splice(0)) wake();
  };
  return { size, backend: first.backend, run, map, close };
}

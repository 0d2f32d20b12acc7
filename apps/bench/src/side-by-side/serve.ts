/**
 * The side of a contender in JavaScript of the protocol that `python/peer.py` describes: JSON lines on stdin and stdout.
 */
import { createInterface } from "node:readline";
import { writeArrays } from "@sgdscope/array-files";

export interface RunOptions {
  seed?: number;
  save?: string;
  budget?: number;
  tolerance?: number;
  probes?: number;
  steps?: number;
  batch?: number;
  rate?: number;
  relativeError?: number;
}

/** Numbers of a result, and the products they took. */
interface Measured {
  values: Record<string, number>;
  products?: number;
}
/** A result to compare entry by entry. */
interface Computed {
  vector: Float32Array | Float64Array;
}

/** One run made ready: `compute` is timed, `finish` is not. */
export interface Run<Raw = unknown> {
  compute: () => Promise<Raw> | Raw;
  finish: (raw: Raw) => Promise<Measured | Computed> | Measured | Computed;
}
type Workloads = Record<string, (options: RunOptions) => Run | Promise<Run>>;

export interface Loaded {
  workloads: Workloads;
  versions: Record<string, string>;
  threads: number;
}

/** Makes a run of its parts, so that `finish` gets what `compute` returns. */
export const run = <Raw>(compute: Run<Raw>["compute"], finish: Run<Raw>["finish"]): Run => ({ compute, finish }) as Run;

interface Request {
  do: "load" | "run";
  network: string;
  workload: string;
  options?: RunOptions;
}

export async function serve(load: (network: string) => Promise<Loaded>): Promise<void> {
  let loaded: Loaded | undefined;

  async function answerTo(request: Request): Promise<object> {
    if (request.do === "load") {
      loaded = await load(request.network);
      return { workloads: Object.keys(loaded.workloads), versions: loaded.versions, threads: loaded.threads };
    }
    const options = request.options ?? {};
    const { compute, finish } = await loaded!.workloads[request.workload]!(options);
    const before = process.cpuUsage();
    const start = performance.now();
    const raw = await compute();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    const result = await finish(raw);
    const answer = { seconds, processorSeconds: (user + system) / 1e6 };
    if ("values" in result) return { ...answer, ...result };
    if (options.save !== undefined) {
      await writeArrays(options.save, { "": { shape: [result.vector.length], data: result.vector } });
    }
    return answer;
  }

  for await (const line of createInterface({ input: process.stdin })) {
    let answer: object;
    try {
      answer = await answerTo(JSON.parse(line) as Request);
    } catch (error) {
      console.error(error);
      answer = { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
    }
    const peakMiB = process.resourceUsage().maxRSS / 1024;
    process.stdout.write(`${JSON.stringify({ ...answer, peakMiB })}\n`);
  }
  process.exit(0);
}

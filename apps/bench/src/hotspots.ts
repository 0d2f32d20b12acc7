/**
 * Where the time of a workload of sgdscope goes: kernels of TensorFlow.js, and functions by their own time.
 *
 *   npm run bench:hotspots -w @sgdscope/bench -- [gradient] [--backend wasm] [--network cnn-26k] [--batch 1] [--rounds 20]
 *                                                [--native-from DIR] [--top 8]
 *
 * Kernel times are processor time, medians over the rounds, so a busy machine matters little (on tensorflow that of all threads);
 * "between kernels" is the rest: the engine, the tape, reading results. Function times are a sampled profile of other rounds.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { prepareBackend, type BackendName } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs";
import { markdownTable } from "./report/markdown.js";
import { median } from "./report/statistics.js";
import { NETWORKS, writeNetwork } from "./side-by-side/networks.js";
import { loadSgdscope } from "./side-by-side/sgdscope.js";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: "string", default: "wasm" },
    network: { type: "string", default: "cnn-26k" },
    batch: { type: "string", default: "1" },
    rounds: { type: "string", default: "20" },
    top: { type: "string", default: "8" },
    "native-from": { type: "string" },
  },
});
const workload = positionals[0] ?? "gradient";
const rounds = Number(options.rounds);
const top = Number(options.top);
const choice = NETWORKS.find(({ name }) => name === options.network);
if (choice === undefined)
  throw new RangeError(
    `hotspots: expected --network of ${NETWORKS.map(({ name }) => name).join(", ")}, got ${options.network}.`,
  );

const from = options["native-from"];
const report = await prepareBackend(options.backend as BackendName, from === undefined ? {} : { from });
const folder = await mkdtemp(join(tmpdir(), "sgdscope-hotspots-"));
const written = await writeNetwork(choice, folder);
const { workloads } = await loadSgdscope(folder, report);
await rm(folder, { recursive: true });
const start = workloads[workload];
if (start === undefined)
  throw new RangeError(`hotspots: expected a workload of ${Object.keys(workloads).join(", ")}, got ${workload}.`);
const steps = workload === "sgd" ? 20 : 1;

/** Milliseconds of all threads. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const spent = new Map<string, { calls: number; ms: number }>();

async function once(): Promise<{ processor: number; clock: number }> {
  const run = await start!({
    batch: Number(options.batch),
    steps,
    rate: written.learningRate,
    seed: 1,
    tolerance: 1e-3,
    budget: 33,
  });
  spent.clear();
  const [began, clockBegan] = [processorTime(), performance.now()];
  const raw = await run.compute();
  const [processor, clock] = [processorTime() - began, performance.now() - clockBegan];
  await run.finish(raw);
  return { processor: processor / steps, clock: clock / steps };
}

for (let warmUp = 0; warmUp < 5; warmUp++) await once();

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.start");
const clocks: number[] = [];
for (let round = 0; round < rounds; round++) clocks.push((await once()).clock);
const { profile } = await session.post("Profiler.stop");
session.disconnect();

const own = new Map<string, number>();
const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
profile.samples?.forEach((id, k) => {
  const { functionName, url, lineNumber } = names.get(id)!;
  const place = url === "" ? "" : ` (${basename(url).split("?")[0]!}:${lineNumber + 1})`;
  const name = `${functionName === "" ? "anonymous" : functionName}${place}`;
  own.set(name, (own.get(name) ?? 0) + profile.timeDeltas![k]!);
});
for (const idle of ["(idle)", "dispatch"]) own.delete(idle); // the profiler itself dispatches
const sampled = [...own.values()].reduce((sum, value) => sum + value, 0);

let depth = 0; // kernels call each other: only the outermost counts
for (const config of tf.getKernelsForBackend(tf.getBackend())) {
  const { kernelName } = config;
  tf.unregisterKernel(kernelName, config.backendName);
  tf.registerKernel({
    ...config,
    kernelFunc: (call) => {
      const began = processorTime();
      depth++;
      try {
        return config.kernelFunc(call);
      } finally {
        depth--;
        if (depth === 0) {
          const entry = spent.get(kernelName) ?? { calls: 0, ms: 0 };
          spent.set(kernelName, { calls: entry.calls + 1, ms: entry.ms + processorTime() - began });
        }
      }
    },
  });
}
const totals: number[] = [];
const times = new Map<string, { calls: number; ms: number[] }>();
for (let round = 0; round < rounds; round++) {
  totals.push((await once()).processor);
  for (const [kernel, { calls, ms }] of spent) {
    const entry = times.get(kernel) ?? { calls: calls / steps, ms: [] };
    entry.ms.push(ms / steps);
    times.set(kernel, entry);
  }
}
const total = median(totals);

const title = workload === "sgd" ? `SGD step at B = ${options.batch}` : workload;
console.log(
  `${title}, ${written.name}, ${report.name}: ${total.toFixed(2)} ms of processor time, ${median(clocks).toFixed(2)} ms on the clock, medians of ${rounds}\n`,
);
const kernels = [...times]
  .map(([name, { calls, ms }]) => ({ name, calls, ms: median(ms) }))
  .sort((a, b) => b.ms - a.ms);
const share = (ms: number): string => `${Math.round((100 * ms) / total)} %`;
const between = total - kernels.reduce((sum, { ms }) => sum + ms, 0);
const kernelRows = [
  ...kernels.slice(0, top).map(({ name, calls, ms }) => [name, calls, ms.toFixed(3), share(ms)]),
  ["between kernels", "", between.toFixed(3), share(between)],
];
console.log(markdownTable(["kernel", "calls", "ms", "share"], kernelRows).join("\n"));
const functions = [...own].sort(([, a], [, b]) => b - a).slice(0, top);
const functionRows = functions.map(([name, time]) => [name, `${((100 * time) / sampled).toFixed(1)} %`]);
console.log(`\n${markdownTable(["function", "share of own time"], functionRows).join("\n")}`);

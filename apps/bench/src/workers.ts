/**
 * What a second process is worth: Hessian-vector products of a small CNN on wasm by one worker and by two, interleaved.
 *
 * Run: node --conditions=sgdscope-source --import tsx apps/bench/src/workers.ts
 */
import { startWorkers } from "@sgdscope/compute/workers";
import type { Setup } from "./workers/product-job.js";

// One thread each: alone a worker would take every core.
process.env["SGDSCOPE_THREADS"] = "1";
const products = 24;
const repetitions = 5;
const setup: Setup = { examples: 256, channels: 16 };
const seeds = Array.from({ length: products }, (_, seed) => seed);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const module = new URL("./workers/product-job.ts", import.meta.url);
const teams = await Promise.all(
  [1, 2].map((workers) => startWorkers<Setup, number, number>(module, { workers, setup })),
);
const values: number[][] = [];
const seconds: [number, number][] = [];
for (let repetition = 0; repetition <= repetitions; repetition++) {
  const pair: [number, number] = [0, 0];
  for (const [k, team] of teams.entries()) {
    const start = performance.now();
    values[k] = await team.map(seeds);
    pair[k] = (performance.now() - start) / 1000;
  }
  // The first round warms up and starts the second process.
  if (repetition > 0) seconds.push(pair);
}
for (const team of teams) team.close();
console.log(`${products} products, ${setup.examples} images, wasm; medians of ${repetitions} interleaved rounds`);
console.log(`one worker   ${median(seconds.map(([one]) => one)).toFixed(2)} s`);
console.log(`two workers  ${median(seconds.map(([, two]) => two)).toFixed(2)} s`);
console.log(`ratio        ${median(seconds.map(([one, two]) => one / two)).toFixed(2)}`);
console.log(`same numbers ${values[0]!.every((value, k) => value === values[1]![k])}`);

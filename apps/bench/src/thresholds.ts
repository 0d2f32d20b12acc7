/**
 * What the theory of a minimum costs against the number of examples, one output each, on Gram matrices of random-feature
 * models with twice as many features as examples (20 inputs on the sphere, relu):
 *
 *   node --conditions=sgdscope-source --import tsx apps/bench/src/thresholds.ts [limit=1000] [--full] [--out=costs.json]
 *
 * `limit` is the largest number of examples; `--full` goes to 2000. Prints Markdown tables of medians: processor time with
 * wall time in brackets, and the rate of the linear algebra below. Tasks alternate, so that a busy machine slows all;
 * processor time counts all threads of the process, those of the compiler and the garbage collector too.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { multiply, symmetricEigen, symmetricEigenvalues } from "@sgdscope/linear-algebra";
import { randomFeatures, reluTeacher, uniformOnSphere } from "@sgdscope/models-rfm";
import { alignmentRange, noiseStructure, type AlignmentRange, type GramSystem } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import {
  exactThreshold,
  prepareMinimum,
  spectralRadius,
  stabilityBounds,
  type PreparedMinimum,
} from "@sgdscope/stability-criterion";

const INPUTS = 20;
/** Rounds for every number of examples. */
const ROUNDS = new Map([
  [50, 15],
  [100, 15],
  [200, 9],
  [500, 5],
  [1000, 3],
  [2000, 1],
]);
/** A measurement lasts at least so long, in seconds: short tasks are repeated. */
const SHORTEST = 0.02;

interface Task {
  name: string;
  /** Returns the products of the iteration, where there is one. */
  run: () => number | undefined;
  /** Floating-point operations by the usual count, where a rate is worth printing. */
  operations?: number;
}
interface Cost {
  task: string;
  examples: number;
  rounds: number;
  processorSeconds: number;
  wallSeconds: number;
  /** Of an iteration: `3n³` operations each. */
  products?: number;
  /** Operations per nanosecond of processor time. */
  gigaflops?: number;
}

function randomFeatureSystem(examples: number): GramSystem {
  const random = seededRandom(1).stream(`${examples} examples`);
  const model = randomFeatures({ inputs: INPUTS, features: 2 * examples, activation: "relu", random });
  const X = uniformOnSphere(examples, INPUTS, random);
  return model.gramSystem(model.init(random), X, reluTeacher(INPUTS, random)(X));
}

function tasks(system: GramSystem): Task[] {
  const { examples: n, gram } = system;
  const prepared = prepareMinimum(system);
  const { spectrum } = prepared;
  const edge = exactThreshold(prepared, { batchSize: 1 }).criticalLearningRate;
  // The range of alignment factors is kept once it is known; every measurement of the bounds has to find it anew.
  const withoutRange = (): PreparedMinimum => {
    let range: AlignmentRange | undefined;
    return { ...prepared, alignmentRange: () => (range ??= alignmentRange(system, { spectrum })) };
  };
  const plain = (name: string, run: () => unknown, operations?: number): Task => ({
    name,
    run: () => void run(),
    ...(operations !== undefined && { operations }),
  });
  return [
    plain("product of two matrices", () => multiply(gram, gram, n, n, n), 2 * n ** 3),
    plain("eigenvalues alone", () => symmetricEigenvalues(gram, n), (4 / 3) * n ** 3),
    plain("eigendecomposition", () => symmetricEigen(gram, n), 8 * n ** 3),
    plain("`noiseStructure`", () => noiseStructure(system)),
    plain("`alignmentRange` of a spectrum", () => alignmentRange(system, { spectrum })),
    plain("`prepareMinimum`", () => prepareMinimum(system)),
    ...[1, 16].map((batchSize) => ({
      name: `\`exactThreshold\`, B = ${batchSize}`,
      run: () => exactThreshold(prepared, { batchSize }).products,
    })),
    ...[0.5, 2].map((share) => ({
      name: `\`spectralRadius\`, B = 1, η = ${share}η*`,
      run: () => spectralRadius(prepared, share * edge, { batchSize: 1 }).products,
    })),
    plain("`stabilityBounds`, B = 16", () => stabilityBounds(withoutRange(), { batchSize: 16 })),
  ];
}

interface Sample {
  processor: number;
  wall: number;
  products: number | undefined;
}

function measure({ run }: Task): Sample {
  const start = performance.now();
  const before = process.cpuUsage();
  let products: number | undefined;
  for (let repetitions = 1; ; repetitions++) {
    products = run();
    const wall = (performance.now() - start) / 1000;
    if (wall < SHORTEST) continue;
    const { user, system } = process.cpuUsage(before);
    return { processor: (user + system) / 1e6 / repetitions, wall: wall / repetitions, products };
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function costs(examples: number, rounds: number): Cost[] {
  const list = tasks(randomFeatureSystem(examples));
  const samples = list.map((): Sample[] => []);
  for (let round = 0; round < rounds; round++) list.forEach((task, k) => samples[k]!.push(measure(task)));
  return list.map(({ name, operations }, k) => {
    const processorSeconds = median(samples[k]!.map(({ processor }) => processor));
    const { products } = samples[k]![0]!;
    return {
      task: name,
      examples,
      rounds,
      processorSeconds,
      wallSeconds: median(samples[k]!.map(({ wall }) => wall)),
      ...(products !== undefined && { products }),
      ...(operations !== undefined && { gigaflops: operations / processorSeconds / 1e9 }),
    };
  });
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
const time = (seconds: number): string =>
  seconds < 0.1 ? `${(1000 * seconds).toPrecision(2)} ms` : `${seconds.toPrecision(seconds < 100 ? 2 : 3)} s`;

function table(sizes: readonly number[], all: readonly Cost[], cell: (cost: Cost) => string | undefined): string[] {
  const head = [row(["", ...sizes.map((n) => `n = ${n}`)]), row(["---", ...sizes.map(() => "---:")])];
  const names = [...new Set(all.map(({ task }) => task))];
  const rows = names.map((name) => [name, ...all.filter(({ task }) => task === name).map((cost) => cell(cost) ?? "")]);
  return [...head, ...rows.filter((cells) => cells.some((text, k) => k > 0 && text !== "")).map(row)];
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: "boolean", default: false }, out: { type: "string" } },
});
const limit = Math.min(Number(positionals[0] ?? Infinity), options.full ? 2000 : 1000);
const sizes = [...ROUNDS.keys()].filter((n) => n <= limit);
if (sizes.length === 0) throw new RangeError(`thresholds: expected limit of at least 50, got ${positionals[0]!}.`);

const environment = {
  node: process.version,
  cores: availableParallelism(),
  processor: cpus()[0]?.model.trim() ?? "unknown",
};
costs(sizes[0]!, 5); // warms the compiler up
const results: Cost[] = [];
for (const n of sizes) {
  results.push(...costs(n, ROUNDS.get(n)!));
  console.error(`n = ${n} done`);
}

console.log(`Node ${environment.node}, ${environment.cores} cores, ${environment.processor}; medians of rounds: `);
console.log(`${sizes.map((n) => `${ROUNDS.get(n)!} at n = ${n}`).join(", ")}.\n`);
console.log("Processor time (wall time), products of an iteration:\n");
const cell = ({ processorSeconds, wallSeconds, products }: Cost): string =>
  `${time(processorSeconds)} (${time(wallSeconds)})${products === undefined ? "" : `, ${products}`}`;
console.log(table(sizes, results, cell).join("\n"));
console.log("\nGFLOP/s by processor time, of 2n³, 4n³/3 and 8n³ operations:\n");
console.log(table(sizes, results, ({ gigaflops }) => gigaflops?.toFixed(2)).join("\n"));
if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify({ environment, results }, null, 2)}\n`);

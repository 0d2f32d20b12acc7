/**
 * What the theory of a minimum costs against the number of examples, one output each, on Gram matrices of random-feature
 * models with twice as many features as examples (20 inputs on the sphere, relu):
 *
 *   npm run bench:theory -w @sgdscope/bench -- [limit=1000] [--full] [--sizes 50,2000] [--alternatives DIR] [--out costs.json]
 *
 * `limit` is the largest number of examples; `--full` goes to 2000, with progress on stderr. Prints Markdown tables of medians:
 * processor time with wall time in brackets, the rate of the linear algebra below, and that linear algebra beside the libraries
 * that could have been chosen, as many as are installed in DIR or here. Tasks alternate, so that a busy machine slows all;
 * processor time counts all threads of the process, those of the compiler and the garbage collector too.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { resolve } from "node:path";
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
import { markdownTable, showSeconds } from "./report/markdown.js";
import { median } from "./report/statistics.js";
import { libraries, type Library } from "./theory/alternatives.js";

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
/** From this number of examples on every task is announced, since it may take long. */
const ANNOUNCED = 1000;

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

/** Runs tasks in turns, round by round. */
function measured(list: readonly Task[], rounds: number, examples: number): Cost[] {
  const samples = list.map((): Sample[] => []);
  for (let round = 0; round < rounds; round++) {
    list.forEach((task, k) => {
      if (examples >= ANNOUNCED) console.error(`n = ${examples}, round ${round + 1} of ${rounds}: ${task.name}`);
      samples[k]!.push(measure(task));
    });
  }
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

/** The same two tasks by each library, on a Gram matrix; refuses eigenvalues that are wrong. */
function comparison(examples: number, rounds: number, all: readonly Library[]): Cost[] {
  const { gram } = randomFeatureSystem(examples);
  const trace = Array.from({ length: examples }, (_, i) => gram[i * examples + i]!).reduce(
    (sum, value) => sum + value,
    0,
  );
  const list = all.flatMap(({ name, multiply: product, eigen, limits }): Task[] => [
    ...(product !== undefined && examples <= limits.multiply
      ? [{ name: `product: ${name}`, run: () => void product(gram, gram, examples), operations: 2 * examples ** 3 }]
      : []),
    ...(eigen !== undefined && examples <= limits.eigen
      ? [
          {
            name: `eigenvectors: ${name}`,
            run: () => {
              checked(eigen(gram, examples), name);
              return undefined;
            },
            operations: 8 * examples ** 3,
          },
        ]
      : []),
  ]);
  const checked = (values: ArrayLike<number>, name: string): void => {
    const sum = Array.from(values).reduce((total, value) => total + value, 0);
    if (!(Math.abs(sum / trace - 1) < 1e-8))
      throw new Error(`thresholds: expected the eigenvalues of ${name} to sum to ${trace}, got ${sum}.`);
  };
  return measured(list, rounds, examples).sort((one, other) => one.task.localeCompare(other.task));
}

function table(sizes: readonly number[], all: readonly Cost[], cell: (cost: Cost) => string | undefined): string[] {
  const names = [...new Set(all.map(({ task }) => task))];
  const rows = names.map((name) => [
    name,
    ...sizes.map((n) => {
      const cost = all.find(({ task, examples }) => task === name && examples === n);
      return cost === undefined ? "" : (cell(cost) ?? "");
    }),
  ]);
  return markdownTable(
    ["", ...sizes.map((n) => `n = ${n}`)],
    rows.filter((cells) => cells.some((text, k) => k > 0 && text !== "")),
  );
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: "boolean", default: false },
    sizes: { type: "string" },
    alternatives: { type: "string", default: process.cwd() },
    out: { type: "string" },
  },
});
const limit = Math.min(Number(positionals[0] ?? Infinity), options.full ? 2000 : 1000);
const asked = options.sizes?.split(",").map(Number);
const sizes = [...ROUNDS.keys()].filter((n) => asked?.includes(n) ?? n <= limit);
if (sizes.length === 0) {
  throw new RangeError(
    `thresholds: expected sizes of ${[...ROUNDS.keys()].join(", ")}, or a limit of at least 50, got ${options.sizes ?? positionals[0]!}.`,
  );
}

const environment = {
  node: process.version,
  cores: availableParallelism(),
  processor: cpus()[0]?.model.trim() ?? "unknown",
  load: loadavg()[0]!,
};
const { present, absent } = await libraries(resolve(options.alternatives));
measured(tasks(randomFeatureSystem(50)), 5, 50); // warms the compiler up
const results: Cost[] = [];
const compared: Cost[] = [];
for (const n of sizes) {
  const began = performance.now();
  results.push(...measured(tasks(randomFeatureSystem(n)), ROUNDS.get(n)!, n));
  compared.push(...comparison(n, ROUNDS.get(n)!, present));
  console.error(`n = ${n} done in ${showSeconds((performance.now() - began) / 1000)}`);
}

console.log(
  `Node ${environment.node}, ${environment.cores} cores, ${environment.processor}, load ${environment.load.toFixed(1)}; medians of rounds: `,
);
console.log(`${sizes.map((n) => `${ROUNDS.get(n)!} at n = ${n}`).join(", ")}.\n`);
console.log("Processor time (wall time), products of an iteration:\n");
const cell = ({ processorSeconds, wallSeconds, products }: Cost): string =>
  `${showSeconds(processorSeconds)} (${showSeconds(wallSeconds)})${products === undefined ? "" : `, ${products}`}`;
console.log(table(sizes, results, cell).join("\n"));
console.log("\nGFLOP/s by processor time, of 2n³, 4n³/3 and 8n³ operations:\n");
console.log(table(sizes, results, ({ gigaflops }) => gigaflops?.toFixed(2)).join("\n"));
console.log("\nThe linear algebra chosen beside what could have been, processor time:\n");
console.log(table(sizes, compared, ({ processorSeconds }) => showSeconds(processorSeconds)).join("\n"));
console.log(`\nMeasured: ${present.map(({ name, version }) => `${name} (${version})`).join(", ")}.`);
if (absent.length > 0)
  console.log(
    `Not installed: ${absent.join(", ")}. In a folder of its own: npm install ${absent.join(" ")}; then --alternatives DIR.`,
  );
if (options.out !== undefined)
  await writeFile(options.out, `${JSON.stringify({ environment, results, compared, absent }, null, 2)}\n`);

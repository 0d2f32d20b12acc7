import { BATCHES } from "./networks.js";
import type { RunOptions } from "./serve.js";

export interface Workload {
  name: string;
  title: string;
  /** What is measured, for the report. */
  meaning: string;
  /** What contenders call it, where that differs from `name`. */
  asks?: string;
  /** `vector`: entry by entry; otherwise the named values; without names there is no error. */
  compare: "vector" | readonly string[];
  /** Relative error that counts as equal accuracy. */
  target: number;
  /** Where the reference is, where that differs from `name`. */
  reference?: string;
  options?: RunOptions;
  /** Random: every repetition has its own seed, and the error is the root mean square over them. */
  random?: boolean;
  /** By network and contender: products it is given where it has no rule to stop by; without an entry it takes no part. */
  budgets?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Without a choice on the command line, only these networks. */
  networks?: readonly string[];
  /** Who sits it out, and why. */
  without?: Readonly<Record<string, string>>;
}

const OURS = ["sgdscope wasm", "sgdscope tensorflow"];
const forOurs = (budget: number): Record<string, number> => Object.fromEntries(OURS.map((name) => [name, budget]));
/** Of the peers' trace estimators, on cnn-26k. */
const TRACE_PRODUCTS = { PyHessian: 192, curvlinops: 32, "hessian-eigenthings": 33 };
/**
 * Float32 gives 1e-6, but not at a kink: one ReLU of the fixture has an input of −3e-8, which Float32 puts on either side, and that
 * one example moves the small gradient by 2e-4.
 */
const KINKS = 5e-4;
const SLOW_JAX = { "jax-js": "minutes a run" };

/** All the same on every network. */
const everywhere = (budgets: Record<string, number>): Record<string, Record<string, number>> => ({
  "cnn-26k": budgets,
  "cnn-114k": budgets,
  "dense-853k": budgets,
});

/**
 * Budgets of "trace", "trace-estimate" and "norm" follow, for plain Hutchinson, from the known variances (on cnn-26k 4.7 % and 4.3 % at 32
 * products); the others were raised until the root mean square error over seeds was under the target. What a run reaches is printed beside
 * its time.
 */
export const WORKLOADS: readonly Workload[] = [
  {
    name: "gradient",
    title: "gradient",
    meaning: "∇L over all examples",
    compare: "vector",
    target: KINKS,
  },
  {
    name: "hvp-cold",
    title: "H·v, cold",
    meaning: "one product, nothing kept from before",
    compare: "vector",
    target: KINKS,
    reference: "hvp-kept",
  },
  {
    name: "hvp-kept",
    title: "H·v, kept",
    meaning: "one more product at the same point, with the passes of the gradient kept",
    compare: "vector",
    target: KINKS,
  },
  {
    name: "ggn-product",
    title: "G·v",
    meaning: "one product with the Gauss–Newton matrix, cold",
    compare: "vector",
    target: KINKS,
  },
  {
    name: "top-eigenvalue",
    title: "λ₁ to 1e-3",
    meaning: "the eigenvalue of largest magnitude of H; each by its own rule at tolerance 1e-3, or a budget",
    compare: ["eigenvalue"],
    target: 1e-3,
    random: true,
    options: { tolerance: 1e-3 },
    budgets: everywhere({ "hessian-eigenthings": 16 }),
  },
  {
    name: "trace",
    title: "Tr H to 2 %",
    meaning:
      "sgdscope: exact, since in these networks it is Tr G, by one backward pass an output; the others: the fewest products whose root " +
      "mean square error is 2 %",
    compare: ["trace"],
    target: 0.02,
    random: true,
    budgets: {
      "cnn-26k": { ...forOurs(0), ...TRACE_PRODUCTS },
      "dense-853k": { ...forOurs(0), PyHessian: 740, curvlinops: 200 },
    },
    networks: ["cnn-26k", "dense-853k"],
  },
  {
    name: "trace-estimate",
    asks: "trace",
    title: "Tr H to 2 % from products",
    meaning: "the fewest products whose root mean square error is 2 %",
    compare: ["trace"],
    target: 0.02,
    reference: "trace",
    random: true,
    budgets: { "cnn-26k": { ...forOurs(33), ...TRACE_PRODUCTS } },
    networks: ["cnn-26k"],
  },
  {
    name: "trace-rule",
    title: "Tr H by the library's own rule",
    meaning: "sgdscope: relativeError 2 %; PyHessian: its default; the others have no rule",
    compare: ["trace"],
    target: 0.02,
    random: true,
    reference: "trace",
    options: { relativeError: 0.02 },
    networks: ["cnn-26k"],
  },
  {
    name: "norm",
    title: "‖H‖_F to 2 %",
    meaning: "the fewest products whose root mean square error is 2 %",
    compare: ["norm"],
    target: 0.02,
    random: true,
    budgets: {
      "cnn-26k": { ...forOurs(27), PyTorch: 160, curvlinops: 160 },
      "dense-853k": { ...forOurs(18), PyTorch: 730, curvlinops: 730 },
    },
    networks: ["cnn-26k", "dense-853k"],
  },
  {
    name: "norm-rule",
    title: "‖H‖_F by the library's own rule",
    meaning: "sgdscope: relativeError 2 %; nobody else has a rule",
    compare: ["norm"],
    target: 0.02,
    reference: "norm",
    random: true,
    options: { relativeError: 0.02 },
    networks: ["cnn-26k"],
  },
  {
    name: "density",
    title: "spectral density",
    meaning: "equal work: 2 probes of 32 Lanczos steps on a grid of 1024; no error, since each smooths in its own way",
    compare: [],
    target: Infinity,
    random: true,
    options: { probes: 2, steps: 32 },
    networks: ["cnn-26k", "dense-853k"],
  },
  {
    name: "example-norms",
    title: "gradient norms by example",
    meaning: "‖gᵢ‖ of all examples",
    compare: "vector",
    target: 1e-4,
  },
  {
    name: "gram",
    title: "Gram matrix K = JJᵀ",
    meaning: "all nC × nC entries",
    compare: "vector",
    target: 1e-4,
  },
  {
    name: "noise",
    title: "noise metrics",
    meaning: "μ, α, β, Tr Σ, ‖Σ‖_F, ‖G‖_F from weights and data; the error is the worst of them",
    compare: ["mu", "alpha", "beta", "traceNoise", "frobeniusNoise", "frobeniusG"],
    target: 1e-4,
  },
  ...[...BATCHES].map(([batch, steps]): Workload => ({
    name: `sgd-${batch}`,
    asks: "sgd",
    title: `SGD step, B = ${batch}`,
    meaning: `milliseconds a step over ${steps} steps; the error is that of the distance travelled`,
    compare: "vector",
    target: 1e-3,
    options: { batch, steps },
    networks: ["cnn-26k", "dense-853k"],
    ...(batch > 4 && { without: SLOW_JAX }),
  })),
];

import type { Sampling } from "@sgdscope/sgd";

export type ModelKind = "two-layer-relu" | "random-features";

/** What is trained, and on which data: everything that a change of must restart the run. */
export interface Problem {
  model: ModelKind;
  /** n. */
  examples: number;
  /** d. */
  inputs: number;
  /** m: neurons or features. */
  width: number;
  seed: number;
}

/** How SGD steps from a certain step on. */
export interface Phase {
  /** The step at which this phase begins; 0 for the first. */
  from: number;
  /** η. */
  learningRate: number;
  /** B. */
  batchSize: number;
  sampling: Sampling;
}

/** The whole state of the page: a run is a function of it. */
export interface Settings {
  problem: Problem;
  /** At least one, by increasing `from`. */
  phases: readonly [Phase, ...Phase[]];
  /** Steps per second; Infinity is as fast as the machine can. */
  speed: number;
}

export interface Range {
  smallest: number;
  largest: number;
}

export const models: readonly ModelKind[] = ["two-layer-relu", "random-features"];
export const speeds: readonly number[] = [30, 300, 1500, Infinity];

/**
 * Changes that a link replays at most. So many make a link of some 80 kB, which every browser opens and keeps, and are as
 * many as the measurements that the figures hold.
 */
export const mostChanges = 2000;

export const ranges = {
  examples: { smallest: 8, largest: 64 },
  inputs: { smallest: 4, largest: 32 },
  width: { smallest: 8, largest: 160 },
  seed: { smallest: 0, largest: 999_999 },
} as const satisfies Partial<Record<keyof Problem, Range>>;

/** The scale of η is that of 1/Tr(H), which differs by two orders between the models. */
export const learningRates: Readonly<Record<ModelKind, Range>> = {
  "two-layer-relu": { smallest: 0.001, largest: 0.2 },
  "random-features": { smallest: 0.1, largest: 20 },
};

/** Where a model shows its point. The network follows the protocol of the reproduction: large start, clipped gradients. */
export function defaults(model: ModelKind = "two-layer-relu"): Settings {
  const network = model === "two-layer-relu";
  const problem: Problem = network
    ? { model, examples: 40, inputs: 20, width: 60, seed: 1 }
    : { model, examples: 20, inputs: 10, width: 80, seed: 1 };
  const phase: Phase = {
    from: 0,
    learningRate: network ? 0.02 : 3,
    batchSize: 1,
    sampling: "without-replacement",
  };
  return { problem, phases: [phase], speed: network ? 300 : 1500 };
}

export const clamp = (value: number, { smallest, largest }: Range): number =>
  Math.min(largest, Math.max(smallest, value));

/** The phase in force after `step` steps. */
export function phaseAt(phases: Settings["phases"], step: number): Phase {
  return phases.findLast((phase) => phase.from <= step) ?? phases[0];
}

/** The phase that will be in force at the end. */
export const lastPhase = (phases: Settings["phases"]): Phase => phases.at(-1) ?? phases[0];

/** Appends a phase; one that begins where another began replaces it. */
export function withPhase(phases: Settings["phases"], phase: Phase): Settings["phases"] {
  const [first, ...rest] = phases.filter(({ from }) => from < phase.from);
  return first === undefined ? [phase] : [first, ...rest, phase];
}

/** P, the number of parameters that are trained. */
export const parametersOf = ({ model, inputs, width }: Problem): number =>
  model === "two-layer-relu" ? width * (inputs + 1) : width;

import { HessianEstimatorsError } from "../errors.js";
import type { LinearOperator, LongOptions, ResumableOptions } from "../operator.js";
import type { EstimatorState, StateValue } from "../state.js";
import { checkInteger } from "./arguments.js";
import { products } from "./products.js";
import { asymmetryOf, noSymmetry, takePair, type Symmetry } from "./symmetry.js";

/** What the driver keeps in every state. */
export interface Counted {
  matvecs: number;
  /** Kept by the driver. */
  symmetry?: Symmetry;
}

/**
 * An estimate as a machine that requests products and takes them in, so that it can be saved between any two of them.
 *
 * A state is numbers, lists, records and Float64Arrays; arrays in it are replaced, never written into, because states that were
 * handed out share them.
 */
export interface Machine<State extends Counted, Result, Partial = Result> {
  caller: string;
  /** Seed and options that the computation depends on; they must be the same for a state to be continued. */
  settings: Record<string, unknown>;
  begin(): State;
  /** The vectors whose products come next, 1 to `most` of them, as a function of the state; none when it is done. */
  wants(state: State, most: number): Float64Array[];
  /** Takes in the product of the first vector wanted; `state.matvecs` counts it already. */
  takes(state: State, vector: Float64Array, product: Float64Array): void;
  result(state: State): Result;
  /** What is reported in between. */
  partial(state: State): Partial | undefined;
  limit: number;
}

type DriverOptions<Partial> = LongOptions<Partial> & ResumableOptions;

/** Runs a machine to its end: products (in blocks where the operator has them), progress, checkpoints, resumption. */
export async function drive<State extends Counted, Result, Partial>(
  operator: LinearOperator,
  options: DriverOptions<Partial>,
  machine: Machine<State, Result, Partial>,
): Promise<Result> {
  const { caller } = machine;
  const { signal, blockSize, onCheckpoint, onProgress, resume } = options;
  const asymmetry = asymmetryOf(caller, options.asymmetry);
  if (blockSize !== undefined) checkInteger(caller, "blockSize", blockSize, 1);
  if ((onCheckpoint ?? resume) && machine.settings["seed"] === undefined)
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `${caller}: expected seed with onCheckpoint or resume, got a generator, whose position cannot be restored`,
    );
  const label = {
    estimator: caller,
    version: 1,
    size: operator.size,
    settings: JSON.stringify(machine.settings),
  } as const;
  const state = resume ? (reopened(label, resume) as unknown as State) : machine.begin();
  const symmetry = (state.symmetry ??= noSymmetry());
  const run = products(caller, operator, signal, { spent: state.matvecs, blockSize });
  while (true) {
    const vectors = machine.wants(state, run.block);
    if (vectors.length === 0) return machine.result(state);
    const images = await run.applyAll(vectors);
    images.forEach((image, i) => {
      state.matvecs++;
      takePair(caller, symmetry, vectors[i]!, image, asymmetry);
      machine.takes(state, vectors[i]!, image);
      onProgress?.({ matvecs: state.matvecs, maxMatvecs: machine.limit, estimate: machine.partial(state) });
      onCheckpoint?.({ ...label, matvecs: state.matvecs, body: snapshot(state as unknown as StateValue) });
    });
  }
}

type Label = Pick<EstimatorState, "estimator" | "version" | "size" | "settings">;

function reopened(label: Label, resume: EstimatorState): StateValue {
  for (const key of ["estimator", "version", "size", "settings"] as const)
    if (resume[key] !== label[key])
      throw new HessianEstimatorsError(
        "STATE_MISMATCH",
        `${label.estimator}: expected resume with ${key} ${label[key]}, got ${resume[key]}`,
      );
  return snapshot(resume.body);
}

/** A copy whose arrays are shared. */
function snapshot(value: StateValue): StateValue {
  if (typeof value !== "object" || value === null || value instanceof Float64Array) return value;
  if (Array.isArray(value)) return value.map(snapshot);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, snapshot(entry)]));
}

import type { GramSystem } from "@sgdscope/noise-structure";
import type { MinimumOptions } from "../commands/minimum-options.js";
import type { Sampling } from "../commands/options.js";
import { usageError } from "../terminal/exit.js";
import { defaultRankTolerance, readSystem } from "./analyze.js";

/** The largest nC for which the exact route through the nC × nC Gram matrix is taken. */
export const largestGram = 3000;

/** A minimum to judge: what the theory needs of it, and what it is called. */
export interface Minimum {
  name: string;
  system: GramSystem;
  rankTolerance: number;
  /** How the run drew its batches, where there was one and a theory speaks of it. */
  sampling: Sampling | undefined;
  backend: string | undefined;
}

/** Reads a minimum from files, or takes the Gram matrix of a run. */
export async function readMinimum(options: MinimumOptions): Promise<Minimum> {
  if (options.run !== undefined) return minimumOfRun(options.run, options);
  if (options.gram === undefined && options.jacobian === undefined)
    throw usageError("expected --gram <file>, --jacobian <file> or --run <folder>, got none");
  if (options.residuals === undefined)
    throw usageError(
      `expected --residuals <file> beside --${options.gram === undefined ? "jacobian" : "gram"}, got none`,
    );
  const { system, precision } = await readSystem({ ...options, residuals: options.residuals });
  return {
    name: (options.gram ?? options.jacobian)!,
    system,
    rankTolerance: options.rankTolerance ?? defaultRankTolerance[precision],
    sampling: undefined,
    backend: undefined,
  };
}

async function minimumOfRun(run: string, options: MinimumOptions): Promise<Minimum> {
  const [{ gramSystem }, { prepareBackend }, { float32RankTolerance }, { subjectOf }, tf] = await Promise.all([
    import("@sgdscope/autodiff"),
    import("@sgdscope/compute"),
    import("@sgdscope/experiments"),
    import("./subject.js"),
    import("@tensorflow/tfjs-core"),
  ]);
  const backend = await prepareBackend(options.backend);
  const { name, model, params, data, sampling } = await subjectOf({ run, count: 1 });
  try {
    const size = data.size * data.outputs;
    if (size > largestGram)
      throw usageError(
        `--run: expected at most ${largestGram} examples × outputs, got ${size}`,
        "train on fewer examples",
      );
    return {
      name: `${name}, ${data.size} examples of ${data.name}`,
      system: await gramSystem(model, params, data.inputs, data.targets),
      rankTolerance: options.rankTolerance ?? float32RankTolerance,
      sampling: sampling === "epoch-shuffle" ? undefined : sampling,
      backend: backend.name,
    };
  } finally {
    tf.dispose(params);
  }
}

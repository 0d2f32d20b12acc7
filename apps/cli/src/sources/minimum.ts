import type { Minimum, ReadMinimum } from "@sgdscope/analysis";
import { minimumOfFiles } from "@sgdscope/analysis/node";
import { readArray } from "@sgdscope/array-files";
import type { LossOptions } from "../options/loss.js";
import type { MinimumOptions } from "../options/minimum.js";
import { about, optionOf, usageError } from "../terminal/errors.js";
import { lossOf } from "./loss.js";
import { printable } from "../terminal/print.js";

/** A minimum, and what was taken for granted to read it, a line each. */
export interface SourcedMinimum {
  minimum: Minimum;
  notes: string[];
  /** The option that named it. */
  source: "--gram" | "--jacobian" | "--run" | "--capture";
}

/** Whether the theory refuses a minimum itself, whatever was asked of it. */
function isFaultOfMinimum(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === "NoiseStructureError" || (name === "StabilityError" && code === "NO_CURVATURE");
}

/** Does `work` with a minimum and names the option that it came from in what is refused about it. */
export const aboutMinimum = <T>({ source }: Pick<SourcedMinimum, "source">, work: () => T | Promise<T>): Promise<T> =>
  about(source, async () => work(), isFaultOfMinimum);

const noteText = ({ argument, text, otherwise }: ReadMinimum["notes"][number]): string =>
  `note: ${optionOf(argument)}: ${text}${otherwise === undefined ? "" : `; if that is wrong, use ${optionOf(otherwise)}`}`;

/**
 * Reads a minimum from files, or takes that of a run.
 *
 * @param options.withoutResiduals - Whether K or J will do alone: no threshold depends on the residuals.
 */
export async function readMinimum(
  options: Partial<MinimumOptions & LossOptions>,
  { withoutResiduals = false }: { withoutResiduals?: boolean } = {},
): Promise<SourcedMinimum> {
  const found =
    options.run === undefined ? await ofFiles(options, withoutResiduals) : await ofRun(options.run, options);
  const { rankTolerance } = options;
  // The name is often a path, and goes into figures, where a control character would break the markup.
  const name = printable(found.minimum.name);
  return { ...found, minimum: { ...found.minimum, name, ...(rankTolerance === undefined ? {} : { rankTolerance }) } };
}

async function ofFiles(
  options: Partial<MinimumOptions & LossOptions>,
  withoutResiduals: boolean,
): Promise<SourcedMinimum> {
  const { gram, jacobian, preconditioner, residuals, outputs } = options;
  if (gram === undefined && jacobian === undefined)
    throw usageError(
      // Only commands that take a run know a backend.
      options.backend === undefined
        ? "no minimum was named: use --gram <file> or --jacobian <file>"
        : "no minimum was named: use --gram <file>, --jacobian <file> or --run <folder>",
    );
  const loss = lossOf(options);
  if (residuals === undefined && loss === undefined && !withoutResiduals)
    throw usageError(`--${gram === undefined ? "jacobian" : "gram"} needs --residuals <file> beside it`);
  const source = gram === undefined ? "--jacobian" : "--gram";
  const { minimum, notes } = await about(source, () =>
    minimumOfFiles(
      {
        ...(gram === undefined ? {} : { gram }),
        ...(jacobian === undefined ? {} : { jacobian }),
        ...(preconditioner === undefined ? {} : { preconditioner }),
        ...(residuals === undefined ? {} : { residuals }),
        ...(outputs === undefined ? {} : { outputs }),
        ...(loss === undefined ? {} : { loss }),
      },
      { read: (argument, path) => about(optionOf(argument), () => readArray(path)) },
    ),
  );
  return { minimum, notes: notes.map(noteText), source };
}

async function ofRun(run: string, { backend = "auto" }: Partial<MinimumOptions>): Promise<SourcedMinimum> {
  const [{ prepareBackend }, { examplesOfTask }, { minimumOfRun, openStoredRun }, tf] = await Promise.all([
    import("@sgdscope/compute"),
    import("@sgdscope/training"),
    import("@sgdscope/training/node"),
    import("@tensorflow/tfjs-core"),
  ]);
  await prepareBackend(backend);
  const stored = await about("--run", () => openStoredRun(run));
  try {
    const minimum = await minimumOfRun(stored, await examplesOfTask(stored.task));
    return { minimum, notes: [], source: "--run" };
  } finally {
    tf.dispose(stored.params);
  }
}

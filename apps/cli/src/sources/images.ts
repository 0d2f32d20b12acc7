import { findCifar10 } from "@sgdscope/cifar-loader";
import { dataDefaults, type DataSpec } from "@sgdscope/training";
import type { ImageOptions } from "../options/common.js";
import { CliError, exitCodes } from "../terminal/errors.js";

/** Which images a command trains on, and what to tell the user about the choice. */
export interface ImageChoice {
  spec: DataSpec;
  note: string | undefined;
}

/**
 * The first `count` airplanes and automobiles with targets ±1: real ones where CIFAR-10 is found (or insisted on), else
 * procedural look-alikes of two classes.
 */
export async function chooseImages(
  which: "auto" | "cifar10" | "synthetic",
  count: number,
  options: ImageOptions = {},
): Promise<ImageChoice> {
  const synthetic: DataSpec = {
    kind: "synthetic",
    classes: 2,
    count,
    targets: "plus-minus-one",
    seed: dataDefaults.seed,
  };
  if (which === "synthetic") return { spec: synthetic, note: undefined };
  const found =
    options.directory === undefined ? await findCifar10() : { directory: options.directory, complete: true };
  if (found === undefined) {
    if (which === "cifar10")
      throw new CliError(
        "--data cifar10: CIFAR-10 was not found on this machine",
        exitCodes.unavailable,
        "sgdscope data download fetches it (170 MB); SGDSCOPE_CIFAR10_DIR or --directory names a folder that has it",
      );
    return {
      spec: synthetic,
      note: "CIFAR-10 was not found: training on procedural look-alike images (sgdscope data download fetches the real ones)",
    };
  }
  return {
    spec: {
      kind: "cifar10",
      directory: found.directory,
      classes: [...dataDefaults.classes],
      count,
      targets: "plus-minus-one",
      allowPrefix: options.allowPrefix === true || !found.complete,
    },
    note: found.complete
      ? undefined
      : `the CIFAR-10 files in ${found.directory} are incomplete; using their first records`,
  };
}

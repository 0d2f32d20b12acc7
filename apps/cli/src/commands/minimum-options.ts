import type { Command } from "commander";
import { Option } from "commander";
import { backends, positiveInteger, positiveNumber, type BackendName } from "./options.js";

/** Where a minimum comes from: files of any tool, or a run of sgdscope train. */
export interface MinimumOptions {
  gram?: string;
  jacobian?: string;
  residuals?: string;
  run?: string;
  outputs?: number;
  rankTolerance?: number;
  backend: BackendName;
}

/** Adds the options that name a minimum. */
export function addMinimumOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--gram <file>", "K = JJᵀ, shape [nC, nC], row i·C + c for output c of example i").conflicts([
        "jacobian",
        "run",
      ]),
    )
    .addOption(new Option("--jacobian <file>", "J, shape [n, P], [nC, P] or [n, C, P]").conflicts("run"))
    .addOption(new Option("--residuals <file>", "r = f − y, shape [n], [n, C] or [nC]").conflicts("run"))
    .option("--run <folder>", "or the minimum of a run, a folder written by sgdscope train")
    .option("--outputs <C>", "outputs an example; default: from the shape of the residuals", positiveInteger)
    .option(
      "--rank-tolerance <share>",
      "eigenvalues below this share of the largest count as zero; default 1e-10, for Float32 numbers 1e-6",
      positiveNumber,
    )
    .addOption(
      new Option("--backend <name>", "TensorFlow.js backend for --run")
        .choices(backends)
        .default("auto")
        .env("SGDSCOPE_BACKEND"),
    );
}

import type { Command } from "commander";
import { Option } from "commander";
import { backendOption, type BackendName } from "./common.js";
import { addLossOptions, type LossOptions } from "./loss.js";
import { positiveInteger, shareNumber } from "./parsers.js";

/** Where a minimum comes from: files of any tool, or a run of sgdscope train. */
export interface MinimumOptions extends LossOptions {
  gram?: string;
  jacobian?: string;
  preconditioner?: string;
  residuals?: string;
  run?: string;
  outputs?: number;
  rankTolerance?: number;
  backend: BackendName;
}

/** Adds the options that name the files of a minimum. */
export function addArrayOptions(command: Command, { orRun }: { orRun: boolean }): Command {
  const conflicts = orRun ? ["run"] : [];
  const files = command
    .addOption(
      new Option(
        "--gram <file>",
        "K = JJᵀ, shape [nC, nC], row i·C + c for output c of example i; or [n, n, C, C]",
      ).conflicts(["jacobian", ...conflicts]),
    )
    .addOption(new Option("--jacobian <file>", "J, shape [n, P], [nC, P] or [n, C, P]").conflicts(conflicts))
    .addOption(
      new Option(
        "--preconditioner <file>",
        "positive P, shape [P], of an optimizer that steps by ηP⁻¹m, such as √v̂ + ε of Adam or RMSprop; needs --jacobian",
      ).conflicts(["gram", ...conflicts]),
    )
    .addOption(new Option("--residuals <file>", "r = f − y, shape [n], [n, C] or [nC]").conflicts(conflicts));
  return addLossOptions(files, conflicts)
    .option("--outputs <C>", "outputs per example, where no shape tells", positiveInteger)
    .option(
      "--rank-tolerance <share>",
      "eigenvalues below this share of the largest count as zero (default: 1e-10 for Float64 numbers, 1e-6 for Float32)",
      shareNumber,
    );
}

/** Adds the options that name a minimum: files, or a run. */
export function addMinimumOptions(command: Command): Command {
  return addArrayOptions(command, { orRun: true })
    .option("--run <folder>", "instead of files, the minimum of a run: a folder written by sgdscope train")
    .addOption(backendOption("TensorFlow.js backend for --run"));
}

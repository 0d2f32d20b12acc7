import type { Command } from "commander";
import { Option } from "commander";
import { backendOption, type BackendName } from "../options/common.js";
import { positiveInteger } from "../options/parsers.js";

export interface QuickstartOptions {
  data: "auto" | "cifar10" | "synthetic";
  out: string;
  backend: BackendName;
  jobs?: number;
  json?: boolean;
  quiet?: boolean;
}

/** The options of `sgdscope quickstart`. */
export function addQuickstartOptions(command: Command): Command {
  return command
    .summary("train a small network at several learning rates and batch sizes, and see where SGD stops")
    .description(
      "Trains a small network to global minima with several learning rates and batch sizes, measures noise and curvature " +
        "there, and writes a table and a self-contained HTML report. Under a minute on two cores.\n\n" +
        "Uses CIFAR-10 where it is found (see sgdscope data), otherwise generated look-alike images.",
    )
    .addOption(
      new Option("--data <which>", "images to train on").choices(["auto", "cifar10", "synthetic"]).default("auto"),
    )
    .option("--out <folder>", "where the report goes", "sgdscope-report")
    .addOption(backendOption())
    .option("-j, --jobs <count>", "number of worker processes (default: one per core)", positiveInteger)
    .addOption(new Option("--workers <count>").argParser(positiveInteger).hideHelp())
    .option("--json", "print the whole result as JSON instead of the table (schema sgdscope/bound@2)")
    .option("--quiet", "no progress");
}

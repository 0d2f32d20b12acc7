import type { Command } from "commander";
import { Option } from "commander";
import { backends, positiveInteger, type BackendName } from "./options.js";

interface QuickstartOptions {
  data: "auto" | "cifar10" | "synthetic";
  out: string;
  backend: BackendName;
  workers?: number;
  json?: boolean;
  quiet?: boolean;
}

/** `sgdscope quickstart`: the main job without arguments. */
export function addQuickstart(program: Command): void {
  program
    .command("quickstart")
    .summary("train a small network at several (η, B) and see where SGD stops")
    .description(
      "Trains a small network to global minima with several learning rates and batch sizes, measures noise and curvature " +
        "there, and writes a table and a self-contained HTML report. Under a minute on two cores.\n\n" +
        "Uses CIFAR-10 where it is present (see: sgdscope data), else procedural look-alike images.",
    )
    .addOption(
      new Option("--data <which>", "images to train on").choices(["auto", "cifar10", "synthetic"]).default("auto"),
    )
    .option("--out <folder>", "where the report goes", "sgdscope-report")
    .addOption(
      new Option("--backend <name>", "TensorFlow.js backend").choices(backends).default("auto").env("SGDSCOPE_BACKEND"),
    )
    .option("--workers <count>", "processes; default one a core", positiveInteger)
    .option("--json", "print the whole result as JSON instead of the table")
    .option("--quiet", "no progress")
    .action(async (options: QuickstartOptions) => (await import("../actions/quickstart.js")).quickstart(options));
}

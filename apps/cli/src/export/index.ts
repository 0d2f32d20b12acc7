import type { Command } from "commander";
import { Option } from "commander";
import { formats, type ExportOptions } from "./options.js";

/** `sgdscope export`: runs in the formats of other tools. */
export function addExport(program: Command): void {
  program
    .command("export")
    .summary("runs as CSV, Parquet, TensorBoard events, npz or a page of curves")
    .description(
      "Writes runs in the formats of other tools.\n\n" +
        "  csv, parquet   one table: one row per checked loss (--table metrics)\n" +
        "                 or per run (--table records)\n" +
        "  tensorboard    one event file per run: tensorboard --logdir FOLDER\n" +
        "  npz            the columns of that table as arrays; text as bytes,\n" +
        '                 in numpy a.view(f"S{a.shape[1]}")\n' +
        "  html           one page: the loss, and what train --probe measured,\n" +
        "                 over the steps of each run",
    )
    .argument("<folder...>", "run folders, or folders that hold some: a sweep, runs")
    .addOption(new Option("--to <format>", "what to write").choices(formats).makeOptionMandatory())
    .option("--out <path>", "file to write, for tensorboard a folder (default: sgdscope-export.<ending>)")
    .addOption(
      new Option("--table <which>", "rows of csv, parquet and npz").choices(["metrics", "records"]).default("metrics"),
    )
    .action(async (folders: string[], options: ExportOptions) =>
      (await import("./run.js")).exportRuns(folders, options),
    );
}

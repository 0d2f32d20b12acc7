import type { Command } from "commander";
import { Argument } from "commander";
import type { DownloadCliOptions } from "./options.js";

/** `sgdscope data`: where the images are, and how to get them. */
export function addData(program: Command): void {
  const data = program
    .command("data")
    .summary("where CIFAR-10 and CIFAR-100 are, and how to get them")
    .description("Says which data sets are here and where, or downloads one.");
  data
    .command("status", { isDefault: true })
    .summary("which data sets are here")
    .description("Says which data sets are here, and where they were looked for.")
    .option("--json", "print one JSON document (schema sgdscope/data@1)")
    .action(async (options: { json?: boolean }) => (await import("./run.js")).dataStatus(options));
  data
    .command("download")
    .summary("download, verify and unpack a data set")
    .description("Downloads the official binary archive, verifies it and unpacks it; resumes where it was interrupted.")
    .addArgument(new Argument("[dataset]", "which data set").choices(["cifar-10", "cifar-100"]).default("cifar-10"))
    .option("--directory <folder>", "where to put it (default: the cache folder, which every command looks into)")
    .option("--url <url>", "address of a mirror; the checksum is verified all the same")
    .option("--quiet", "no progress")
    .action(async (dataset: "cifar-10" | "cifar-100", options: DownloadCliOptions) =>
      (await import("./run.js")).dataDownload(dataset, options),
    );
}

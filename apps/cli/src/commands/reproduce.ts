import type { Command } from "commander";
import { Option } from "commander";
import { backends, positiveInteger, seedNumber, type BackendName } from "./options.js";

export interface ReproduceOptions {
  list?: boolean;
  fast?: boolean;
  data: "auto" | "cifar10" | "synthetic";
  directory?: string;
  allowPrefix?: boolean;
  seed: number;
  out: string;
  backend: BackendName;
  jobs?: number;
  fresh?: boolean;
  check?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** `sgdscope reproduce <claims…>`. */
export function addReproduce(program: Command): void {
  program
    .command("reproduce")
    .summary("reproduce claims of the papers, judged against bands")
    .description(
      "Reproduces claims, each with its figures, its table and its judgement, in one self-contained HTML report.\n\n" +
        "Finished pieces are kept in the output folder: the same command goes on where a killed one stopped.\n" +
        "sgdscope reproduce --list names the claims; all means every one.",
    )
    .argument("[claims...]", "names of claims, or all")
    .option("--list", "what can be reproduced")
    .option("--fast", "smaller models and fewer seeds; all claims take a quarter of an hour on two cores")
    .addOption(
      new Option("--data <which>", "images of the networks").choices(["auto", "cifar10", "synthetic"]).default("auto"),
    )
    .option("--directory <folder>", "folder of the CIFAR-10 binary batches; default where sgdscope data finds them")
    .option("--allow-prefix", "accept CIFAR-10 files that are whole-record prefixes of the official ones")
    .option("--seed <number>", "the first seed; claims that take several count up from it", seedNumber, 1)
    .option("--out <folder>", "where the report and the finished pieces go", "sgdscope-reproduction")
    .addOption(
      new Option("--backend <name>", "TensorFlow.js backend").choices(backends).default("auto").env("SGDSCOPE_BACKEND"),
    )
    .option("--jobs <count>", "processes; default one a core", positiveInteger)
    .option("--fresh", "compute everything anew, whatever the output folder has")
    .option("--check", "exit with 3 where a band is missed")
    .option("--json", "print the whole result as JSON instead of the judgements")
    .option("--quiet", "no progress")
    .action(async (claims: string[], options: ReproduceOptions) =>
      (await import("../actions/reproduce.js")).reproduce(claims, options),
    );
}

import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { backendOption, type BackendName, type ImageOptions } from "../options/common.js";
import { positiveInteger, seedNumber, wholeNumber } from "../options/parsers.js";

export interface ReproduceOptions extends ImageOptions {
  list?: boolean;
  fast?: boolean;
  data: "auto" | "cifar10" | "synthetic";
  classes?: [number, number];
  offset: number;
  seed: number;
  out: string;
  backend: BackendName;
  jobs?: number;
  fresh?: boolean;
  check?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** "3,5" → [3, 5]. */
function classPair(text: string): [number, number] {
  const classes = text.split(",").map((part) => wholeNumber(part.trim()));
  const [first, second, ...rest] = classes;
  if (
    first === undefined ||
    second === undefined ||
    rest.length > 0 ||
    first === second ||
    classes.some((one) => one > 9)
  )
    throw new InvalidArgumentError(`Expected two different classes from 0 to 9, got '${text}'.`);
  return [first, second];
}

/** The options of `sgdscope reproduce <claims…>`. */
export function addReproduceOptions(command: Command): Command {
  return command
    .summary("reproduce claims of the papers, judged against bands")
    .description(
      "Reproduces claims, each with its figures, its table and its judgement, in one self-contained HTML report.\n\n" +
        "Finished jobs are kept in the output folder: if anything is killed, run the same command again. " +
        "sgdscope reproduce --list shows the claims; all means every one.",
    )
    .argument("[claims...]", "names of claims, or all")
    .option("--list", "list the claims and exit")
    .option(
      "--fast",
      "smaller models and fewer seeds: all claims take a quarter of an hour on two cores, instead of hours",
    )
    .addOption(
      new Option("--data <which>", "images that networks train on")
        .choices(["auto", "cifar10", "synthetic"])
        .default("auto"),
    )
    .option("--directory <folder>", "folder of the CIFAR-10 binary batches (default: the one sgdscope data shows)")
    .option("--allow-prefix", "accept incomplete CIFAR-10 files that hold the first records of the official ones")
    .option(
      "--classes <a,b>",
      "the two classes of ±1 targets, by number (default: 0,1, airplanes and automobiles)",
      classPair,
    )
    .option("--offset <count>", "skip the first <count> images of these classes", wholeNumber, 0)
    .option("--seed <number>", "the first seed; claims that need several count up from it", seedNumber, 1)
    .option("--out <folder>", "where the report and the finished jobs go", "sgdscope-reproduction")
    .addOption(backendOption())
    .option("-j, --jobs <count>", "number of worker processes (default: one per core)", positiveInteger)
    .option("--fresh", "compute everything again, whatever the output folder has")
    .option("--check", "exit with 3 where a band is missed")
    .option("--json", "print the whole result as JSON instead of the judgements (schema sgdscope/reproduce@2)")
    .option("--quiet", "no progress");
}

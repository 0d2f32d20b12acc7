import type { Command } from "commander";
import { Argument, Option } from "commander";
import { backends, numberList, positiveInteger, seedNumber, type BackendName } from "./options.js";

export interface ReproduceOptions {
  data: "auto" | "cifar10" | "synthetic";
  directory?: string;
  model: "fully-connected" | "cnn" | "both";
  count: number;
  width: number;
  settings?: string;
  learningRate?: number[];
  seed: number;
  maxSteps: number;
  allowPrefix?: boolean;
  out: string;
  backend: BackendName;
  workers?: number;
  check?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** `sgdscope reproduce <claim>`. */
export function addReproduce(program: Command): void {
  program
    .command("reproduce")
    .summary("reproduce a claim of the paper on images")
    .description(
      "Reproduces a claim with its figure, its table and its judgement.\n\n" +
        "  bound   SGD ends at minima with ‖H‖_F ≤ √(B/μ)/η, on the exact edge of mean-square stability;\n" +
        "          gradient descent only obeys λ_max ≤ 2/η.",
    )
    .addArgument(new Argument("<claim>", "which claim").choices(["bound"]))
    .addOption(
      new Option("--data <which>", "images to train on").choices(["auto", "cifar10", "synthetic"]).default("auto"),
    )
    .option("--directory <folder>", "folder of the CIFAR-10 binary batches; default where sgdscope data finds them")
    .addOption(new Option("--model <which>", "network").choices(["fully-connected", "cnn", "both"]).default("both"))
    .option("--count <n>", "examples: the first n airplanes and automobiles in file order", positiveInteger, 200)
    .option("--width <m>", "width of the two hidden layers of the fully connected network", positiveInteger, 64)
    .option(
      "--learning-rate <η,…>",
      "run all batch sizes 1, 4, 16 and GD at these learning rates instead of the default grid",
      numberList,
    )
    .option("--seed <number>", "seed of initial parameters and batches", seedNumber, 1)
    .option("--max-steps <count>", "steps after which a run ends without having interpolated", positiveInteger, 60_000)
    .option("--allow-prefix", "accept CIFAR-10 files that are whole-record prefixes of the official ones")
    .option("--out <folder>", "where the report goes", "sgdscope-report")
    .addOption(
      new Option("--backend <name>", "TensorFlow.js backend").choices(backends).default("auto").env("SGDSCOPE_BACKEND"),
    )
    .option("--workers <count>", "processes; default one a core", positiveInteger)
    .option("--check", "exit with 3 where a band is missed")
    .option("--json", "print the whole result as JSON instead of the table")
    .option("--quiet", "no progress")
    .action(async (claim: string, options: ReproduceOptions) =>
      (await import("../actions/reproduce.js")).reproduceBound(options),
    );
}

import type { Command } from "commander";
import { Option } from "commander";
import {
  backends,
  integerList,
  positiveInteger,
  positiveNumber,
  samplings,
  seedNumber,
  type BackendName,
  type Sampling,
} from "./options.js";

export interface MeasureOptions {
  run?: string;
  model?: string;
  data?: "cifar10" | "synthetic";
  directory?: string;
  allowPrefix?: boolean;
  count: number;
  inputs?: string;
  targets?: string;
  batchSize?: number[];
  sampling?: Sampling;
  learningRate?: number;
  top: number;
  products: number;
  seed: number;
  vouchFor?: string[];
  perExample: "rules" | "loop" | "none";
  layers?: boolean;
  backend: BackendName;
  json?: boolean;
  quiet?: boolean;
}

/** `sgdscope measure`: curvature, noise and stability of a checkpoint or of anybody's LayersModel. */
export function addMeasure(program: Command): void {
  program
    .command("measure")
    .summary("curvature, noise and stability of a trained model on data")
    .description(
      "Measures a run of sgdscope train, or any saved TensorFlow.js LayersModel, on data: the loss, trace, Frobenius norm and top " +
        "eigenvalues of the Gauss–Newton matrix G and the Hessian H, the noise metrics, every bound and the exact thresholds. " +
        "Each number says whether it is exact or carries a standard error. Loss: L = (1/2n) Σ‖f − y‖², whatever loss the model was " +
        "compiled with. Batch normalisation and dropout are in inference mode.",
    )
    .addOption(
      new Option("--run <folder>", "a folder written by sgdscope train; its own data unless told otherwise").conflicts(
        "model",
      ),
    )
    .option("--model <model.json>", "a saved TensorFlow.js LayersModel")
    .addOption(
      new Option("--data <which>", "images to measure on").choices(["cifar10", "synthetic"]).conflicts("inputs"),
    )
    .option("--directory <folder>", "folder of the CIFAR-10 binary batches")
    .option("--allow-prefix", "accept CIFAR-10 files that are whole-record prefixes of the official ones")
    .option("--count <n>", "images: the first n", positiveInteger, 200)
    .option("--inputs <file>", "x, shape [n, …], .npy, .npz:key, .safetensors:key or .json")
    .option("--targets <file>", "y, shape [n] or [n, C]")
    .option("--batch-size <B,…>", "batch sizes to judge; default the run's own, else 1", integerList)
    .addOption(
      new Option("--sampling <how>", "how batches are drawn; default the run's own, else without-replacement").choices(
        samplings,
      ),
    )
    .option("--learning-rate <η>", "learning rate to judge; default the run's own", positiveNumber)
    .option("--top <k>", "eigenvalues of H to compute", positiveInteger, 5)
    .option("--products <m>", "Hessian-vector products for trace and norm of H", positiveInteger, 66)
    .option("--seed <number>", "seed of the probes", seedNumber, 1)
    .option("--layers", "also trace and norm of each layer's block of G and H")
    .addOption(
      new Option(
        "--per-example <how>",
        "gradients of single examples, for exact G, noise and thresholds: by the rule of each layer, by one pass an example and " +
          "output (slow, any layer), or none",
      )
        .choices(["rules", "loop", "none"])
        .default("rules"),
    )
    .option("--vouch-for <kernel…>", "let these kernels through the guard of second derivatives")
    .addOption(
      new Option("--backend <name>", "TensorFlow.js backend").choices(backends).default("auto").env("SGDSCOPE_BACKEND"),
    )
    .option("--json", "print one JSON document (schema sgdscope/measure@1)")
    .option("--quiet", "no progress")
    .action(async (options: MeasureOptions) => (await import("../actions/measure.js")).measure(options));
}

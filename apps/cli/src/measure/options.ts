import type { Command } from "commander";
import { Option } from "commander";
import { addLossName, type LossNameOptions } from "../options/loss.js";
import { backendOption, samplingOption, type BackendName, type Sampling } from "../options/common.js";
import { digitCount, batchSizeList, positiveInteger, positiveNumber, seedNumber } from "../options/parsers.js";
import type { SubjectOptions } from "../sources/subject.js";

export interface MeasureOptions extends SubjectOptions, LossNameOptions {
  batchSize?: number[];
  sampling?: Sampling;
  learningRate?: number;
  top: number;
  products: number;
  seed: number;
  vouchFor?: string[];
  perExample: "rules" | "loop" | "none";
  layers?: boolean;
  density?: boolean;
  logDeterminant?: number;
  regularizers: "include" | "exclude";
  digits: number;
  backend: BackendName;
  json?: boolean;
  quiet?: boolean;
}

/** The options of `sgdscope measure`. */
export function addMeasureOptions(command: Command): Command {
  const measure = command
    .summary("curvature, noise and stability of a trained model on data")
    .description(
      "Measures a run of sgdscope train, or any saved TensorFlow.js LayersModel, on data: the loss, trace, Frobenius norm and top " +
        "eigenvalues of the Gauss–Newton matrix G and the Hessian H, the noise metrics, every bound and the exact thresholds. " +
        "Each number is exact, and says so, or carries a standard error. Loss: L = (1/2n) Σ‖f − y‖² unless --loss names another, " +
        "whatever loss the model was compiled with. Batch normalisation and dropout are in inference mode.",
    )
    .addOption(
      new Option(
        "--run <folder>",
        "a folder written by sgdscope train; uses the run's own data unless --data or --inputs is given",
      ).conflicts("model"),
    )
    .option("--model <model.json>", "a saved TensorFlow.js LayersModel")
    .addOption(
      new Option("--data <which>", "images to measure on").choices(["cifar10", "synthetic"]).conflicts("inputs"),
    )
    .option("--directory <folder>", "folder of the CIFAR-10 binary batches")
    .option("--allow-prefix", "accept incomplete CIFAR-10 files that hold the first records of the official ones")
    .option("--count <n>", "number of images: the first n", positiveInteger, 200)
    .option("--inputs <file>", "x, shape [n, …]: a file .npy, .npz:key, .safetensors:key or .json")
    .option("--targets <file>", "y, shape [n] for one output, else [n, C]")
    .option("--one-hot", "the targets are labels 0 … C − 1, shape [n], for a model with C outputs");
  return addLossName(
    measure,
    "loss on the outputs of --model; a softmax or sigmoid at its end is then part of cross-entropy or logistic (default: square)",
  )
    .option("--batch-size <B,…>", "batch sizes to judge (default: the run's own, else 1)", batchSizeList)
    .addOption(samplingOption("the run's own, else without-replacement"))
    .option("--learning-rate <η>", "learning rate to judge (default: the run's own)", positiveNumber)
    .option("--top <k>", "number of top eigenvalues of H", positiveInteger, 5)
    .option(
      "--products <m>",
      "number of Hessian-vector products for trace and norm of H, and again for --density and --log-determinant",
      positiveInteger,
      66,
    )
    .option("--seed <number>", "seed of the probes", seedNumber, 1)
    .option(
      "--digits <d>",
      "significant digits of the noise metrics and thresholds, as far as the numbers support them",
      digitCount,
      6,
    )
    .option(
      "--density",
      "also print the spectral density of H: how many eigenvalues each decade of magnitude holds, on both sides of 0",
    )
    .option(
      "--log-determinant <ε>",
      "also print log det(G + εI), and log det(H + εI) where that matrix is positive definite",
      positiveNumber,
    )
    .addOption(
      new Option(
        "--regularizers <how>",
        "regularizers of a LayersModel. include: H is that of the loss with their penalty; exclude: they are only named",
      )
        .choices(["include", "exclude"])
        .default("exclude"),
    )
    .option("--layers", "also print trace and norm of each layer's block of G and H")
    .addOption(
      new Option(
        "--per-example <how>",
        "gradients of single examples, for exact G, noise and thresholds. rules: vectorised, per layer type; loop: one backward " +
          "pass per example and output (slow, works for any layer); none: skip G, noise and thresholds",
      )
        .choices(["rules", "loop", "none"])
        .default("rules"),
    )
    .option(
      "--vouch-for <kernel…>",
      "accept these TensorFlow.js kernels although their second derivatives are not verified",
    )
    .addOption(backendOption())
    .option("--json", "print one JSON document (schema sgdscope/measure@2)")
    .option("--quiet", "no progress and no notes");
}

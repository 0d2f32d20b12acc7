import { Option, type Command } from "commander";
import { samplingOption, type Sampling } from "../options/common.js";
import type { LossOptions } from "../options/loss.js";
import { addArrayOptions, type MinimumOptions } from "../options/minimum.js";
import {
  batchSizeList,
  digitCount,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
  seedNumber,
  signedMomentum,
} from "../options/parsers.js";

export interface AnalyzeOptions
  extends
    Pick<MinimumOptions, "gram" | "jacobian" | "preconditioner" | "residuals" | "outputs" | "rankTolerance">,
    LossOptions {
  capture?: string;
  batchSize?: number[];
  sampling?: Sampling;
  learningRate?: number;
  optimizer?: "sgd" | "heavy-ball" | "nesterov" | "ema" | "adam" | "rmsprop";
  momentum?: number;
  nesterov?: boolean;
  weightDecay?: number;
  curve?: number;
  lyapunov?: boolean;
  escapeDirections?: number;
  cloud?: boolean;
  modes?: number;
  seed: number;
  digits: number;
  sources?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** What a capture has in itself. */
const otherSources = [
  ...["gram", "jacobian", "preconditioner", "residuals", "outputs"],
  ...["loss", "labelSmoothing", "delta", "logits", "labels", "targets", "exampleWeights"],
] as const;

/** The options of `sgdscope analyze`. */
export function addAnalyzeOptions(command: Command): Command {
  return addArrayOptions(
    command
      .summary("noise metrics, bounds and thresholds from a Gram matrix or Jacobian")
      .description(
        "Everything the theory says about a minimum from K = JJᵀ (or J) and the residuals r = f − y, exactly.\n\n" +
          "Files: .npy, .npz (file.npz:key), .safetensors (file.safetensors:key) or .json, from NumPy, PyTorch or any tool. " +
          "Loss convention: L = (1/2n) Σ‖f − y‖². A learning rate for PyTorch's MSELoss over C outputs is 2/C times as large here. " +
          "With --loss, L is a mean over examples and a sum over outputs; learning rates for PyTorch's CrossEntropyLoss are the same here.",
      ),
    { orRun: false },
  )
    .addOption(
      new Option(
        "--capture <file.npz>",
        "instead of other files, what sgdscope.capture of the Python package wrote of a PyTorch model; batch size, sampling, learning rate and optimizer are those of the capture unless options say otherwise",
      ).conflicts([...otherSources]),
    )
    .option("--batch-size <B,…>", "one or more batch sizes (required, unless a capture knows its own)", batchSizeList)
    .addOption(samplingOption("without-replacement"))
    .option("--learning-rate <η>", "learning rate to judge: stable or not", positiveNumber)
    .addOption(
      new Option(
        "--optimizer <kind>",
        "optimizer to judge, in PyTorch's conventions; ema is SGD(momentum=β, dampening=β); adam and rmsprop with their second moment frozen, as --preconditioner (default: sgd, or heavy-ball with --momentum)",
      ).choices(["sgd", "heavy-ball", "nesterov", "ema", "adam", "rmsprop"]),
    )
    .option("--momentum <β>", "momentum of the optimizer, between −1 and 1 (default of adam: β₁ = 0.9)", signedMomentum)
    .option("--nesterov", "Nesterov's momentum in the place of the heavy ball's")
    .option("--weight-decay <γ>", "coupled weight decay of the optimizer, as PyTorch's weight_decay", nonNegativeNumber)
    .option(
      "--modes <k>",
      "for n·C in the thousands: take the <k> largest eigenvalues exactly, and print an interval that holds η* whatever the others are",
      positiveInteger,
    )
    .option("--curve <steps>", "print the exact expected loss E L_t for the first <steps> steps", positiveInteger)
    .option("--lyapunov", "print the Lyapunov exponent of single paths, simulated, with its standard error")
    .option(
      "--escape-directions <k>",
      "print how much of the loss in the long run lies outside the k sharpest directions",
      positiveInteger,
    )
    .option("--cloud", "print the stationary cloud around a minimum that does not interpolate")
    .option("--seed <number>", "seed of the paths of --lyapunov", seedNumber, 1)
    .option("--digits <d>", "significant digits to print, as far as the numbers support them", digitCount, 6)
    .option("--sources", "also print what each criterion assumes, and the paper it is from")
    .option("--json", "print one JSON document (schema sgdscope/analyze@2; with --modes sgdscope/analyze-interval@1)")
    .option("--quiet", "no progress and no notes")
    .addHelpText(
      "after",
      `
Example (PyTorch)
  np.save("J.npy", jacobian.reshape(n, -1)); np.save("r.npy", residuals)
  sgdscope analyze --jacobian J.npy --residuals r.npy --batch-size 1,8,64 --learning-rate 0.05
  sgdscope analyze --jacobian J.npy --residuals r.npy --batch-size 1 --learning-rate 0.05 --curve 1000 --lyapunov
  sgdscope analyze --jacobian J.npy --residuals r.npy --batch-size 1,8,64 --momentum 0.9 --nesterov
  np.save("P.npy", v.sqrt() / math.sqrt(1 - beta2**t) + eps)  # Adam's second moment, as one vector
  sgdscope analyze --jacobian J.npy --residuals r.npy --batch-size 16 --optimizer adam --preconditioner P.npy
  sgdscope analyze --gram K.npy --residuals r.npy --batch-size 1 --modes 1000  # K of 10,000 rows, in minutes
  sgdscope analyze --jacobian J.npy --loss cross-entropy --logits f.npy --labels y.npy --batch-size 1,8,64
  sgdscope.capture(model.eval(), data, loss, optimizer, path="capture.npz")  # in Python: pip install sgdscope
  sgdscope analyze --capture capture.npz --batch-size 1,8,64`,
    );
}

import type { Command } from "commander";
import { samplingOption, type Sampling } from "../options/common.js";
import { addArrayOptions, type MinimumOptions } from "../options/minimum.js";
import { digitCount, batchSizeList, positiveInteger, positiveNumber, seedNumber } from "../options/parsers.js";

export interface AnalyzeOptions extends Pick<
  MinimumOptions,
  "gram" | "jacobian" | "residuals" | "outputs" | "rankTolerance"
> {
  batchSize: number[];
  sampling?: Sampling;
  learningRate?: number;
  curve?: number;
  lyapunov?: boolean;
  escapeDirections?: number;
  cloud?: boolean;
  seed: number;
  digits: number;
  sources?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** The options of `sgdscope analyze`. */
export function addAnalyzeOptions(command: Command): Command {
  return addArrayOptions(
    command
      .summary("noise metrics, bounds and thresholds from a Gram matrix or Jacobian")
      .description(
        "Everything the theory says about a minimum from K = JJᵀ (or J) and the residuals r = f − y, exactly.\n\n" +
          "Files: .npy, .npz (file.npz:key), .safetensors (file.safetensors:key) or .json, from NumPy, PyTorch or any tool. " +
          "Loss convention: L = (1/2n) Σ‖f − y‖². A learning rate for PyTorch's MSELoss over C outputs is 2/C times as large here.",
      ),
    { orRun: false },
  )
    .requiredOption("--batch-size <B,…>", "one or more batch sizes (required)", batchSizeList)
    .addOption(samplingOption("without-replacement"))
    .option("--learning-rate <η>", "learning rate to judge: stable or not", positiveNumber)
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
    .option("--json", "print one JSON document (schema sgdscope/analyze@2)")
    .option("--quiet", "no progress and no notes")
    .addHelpText(
      "after",
      `
Example (PyTorch)
  np.save("J.npy", jacobian.reshape(n, -1)); np.save("r.npy", residuals)
  sgdscope analyze --jacobian J.npy --residuals r.npy --batch-size 1,8,64 --learning-rate 0.05
  sgdscope analyze --jacobian J.npy --residuals r.npy --batch-size 1 --learning-rate 0.05 --curve 1000 --lyapunov`,
    );
}

import type { Command } from "commander";
import { Option } from "commander";
import { integerList, positiveInteger, positiveNumber, samplings, type Sampling } from "./options.js";

export interface AnalyzeOptions {
  gram?: string;
  jacobian?: string;
  residuals: string;
  batchSize: number[];
  sampling: Sampling;
  learningRate?: number;
  outputs?: number;
  rankTolerance?: number;
  sources?: boolean;
  json?: boolean;
}

/** `sgdscope analyze`: the whole theory of one minimum from files that any tool wrote. */
export function addAnalyze(program: Command): void {
  program
    .command("analyze")
    .summary("noise metrics, bounds and thresholds from a Gram matrix or Jacobian")
    .description(
      "Everything the theory says about a minimum from K = JJᵀ (or J) and the residuals r = f − y, exactly.\n\n" +
        "Files: .npy, .npz (file.npz:key), .safetensors (file.safetensors:key) or .json, from NumPy, PyTorch or any tool. " +
        "Loss convention: L = (1/2n) Σ‖f − y‖². A learning rate for PyTorch's MSELoss over C outputs is 2/C times as large here.",
    )
    .addOption(
      new Option("--gram <file>", "K = JJᵀ, shape [nC, nC], row i·C + c for output c of example i").conflicts(
        "jacobian",
      ),
    )
    .option("--jacobian <file>", "J, shape [n, P], [nC, P] or [n, C, P]")
    .requiredOption("--residuals <file>", "r = f − y, shape [n], [n, C] or [nC]")
    .requiredOption("--batch-size <B,…>", "one or more batch sizes", integerList)
    .addOption(
      new Option("--sampling <how>", "how batches are drawn").choices(samplings).default("without-replacement"),
    )
    .option("--learning-rate <η>", "judge this learning rate too", positiveNumber)
    .option("--outputs <C>", "outputs an example; default: from the shape of the residuals", positiveInteger)
    .option(
      "--rank-tolerance <share>",
      "eigenvalues below this share of the largest count as zero; default 1e-10, for Float32 files 1e-6",
      positiveNumber,
    )
    .option("--sources", "what each criterion assumes, and the paper it is from, below the table")
    .option("--json", "print one JSON document (schema sgdscope/analyze@1)")
    .addHelpText(
      "after",
      `
Example (PyTorch)
  np.save("J.npy", jacobian.reshape(n, -1)); np.save("r.npy", residuals)
  sgdscope analyze --jacobian J.npy --residuals r.npy --batch-size 1,8,64 --learning-rate 0.05`,
    )
    .action(async (options: AnalyzeOptions) => (await import("../actions/analyze.js")).analyze(options));
}

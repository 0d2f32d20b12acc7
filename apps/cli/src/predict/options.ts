import type { Command } from "commander";
import { backendOption, samplingOption, type BackendName, type Sampling } from "../options/common.js";
import {
  batchSizeList,
  momentumList,
  positiveInteger,
  positiveList,
  positiveNumber,
  seedNumber,
} from "../options/parsers.js";

export interface PredictOptions {
  run: string;
  batchSize?: number[];
  sampling?: Sampling;
  momentum?: number[];
  nesterov?: boolean;
  learningRate?: number[];
  multiples?: number[];
  try?: boolean;
  steps: number;
  perturbation: number;
  seed: number;
  backend: BackendName;
  json?: boolean;
  quiet?: boolean;
}

/** The options of `sgdscope predict`. */
export function addPredictOptions(command: Command): Command {
  return command
    .summary("which learning rates, batch sizes and momenta stay at the minimum of a run; and try it")
    .description(
      "At the minimum where a run of sgdscope train stopped, says of other settings whether they would stay there or leave it, by " +
        "the exact criterion of mean-square stability. With --try each is then run: the network is moved a little off its minimum " +
        "and trained on, until its loss has grown a hundredfold or the steps are over; of smoothed labels the excess over their " +
        "entropy. A run of cross-entropy or the logistic loss needs such labels (train --label-smoothing): of others the curvature " +
        "vanishes, and no setting leaves. The run itself is not changed.",
    )
    .requiredOption("--run <folder>", "a folder written by sgdscope train, of a run that reached its goal (required)")
    .option("--batch-size <B,…>", "batch sizes (default: the run's own)", batchSizeList)
    .addOption(samplingOption("the run's own"))
    .option("--momentum <β,…>", "momenta; 0 is plain SGD (default: the run's own)", momentumList)
    .option("--nesterov", "Nesterov's momentum in the place of the heavy ball's")
    .option("--learning-rate <η,…>", "learning rates to ask about", positiveList)
    .option(
      "--multiples <x,…>",
      "learning rates as multiples of the exact threshold of each setting (default: 0.5,0.8,1.25,2 without --learning-rate)",
      positiveList,
    )
    .option(
      "--try",
      "run each setting and say whether it did as predicted; exit code 3 where one beyond 10 % of the edge did not",
    )
    .option("--steps <count>", "steps after which a run that has not left is taken to stay", positiveInteger, 2000)
    .option(
      "--perturbation <share>",
      "how far the parameters are moved first, relative to their norm",
      positiveNumber,
      1e-4,
    )
    .option("--seed <number>", "seed of the move and of the batches", seedNumber, 1)
    .addOption(backendOption("TensorFlow.js backend"))
    .option("--json", "print one JSON document (schema sgdscope/predict@1)")
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      `
Example
  sgdscope train --data synthetic --count 60 --learning-rate 0.02 --batch-size 4 --out runs
  sgdscope predict --run runs/* --batch-size 1,4,60 --momentum 0,0.9 --try`,
    );
}

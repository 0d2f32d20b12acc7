import type { Command } from "commander";
import { Option } from "commander";
import { addMinimumOptions, type MinimumOptions } from "../options/minimum.js";
import { integerList, seedNumber } from "../options/parsers.js";

export interface CompareOptions extends MinimumOptions {
  batchSize?: number[];
  sampling?: "with-replacement" | "without-replacement";
  seed: number;
  json?: boolean;
  quiet?: boolean;
}

/** The options of `sgdscope compare`. */
export function addCompareOptions(command: Command): Command {
  return addMinimumOptions(
    command
      .summary("the exact critical learning rate beside simple formulas")
      .description(
        "Compares the exact critical learning rate of plain SGD with formulas that see nothing but the spectrum of H: Gaussian inputs with this " +
          "spectrum, noise decoupled from the loss, 2/(p·Tr H), 1/(√p‖H‖_F) and 2/λ_max, with the sampling factor p, 1/B with " +
          "replacement.\n\n" +
          "Without a minimum it takes linear regression on 200 Gaussian inputs in 8 dimensions with variances from 1 to 0.2. No " +
          "threshold depends on the residuals: --gram or --jacobian alone is enough.",
      ),
  )
    .option("--batch-size <B,…>", "batch sizes (default: 1, 2, 8 and 32, as far as there are examples)", integerList)
    .addOption(
      new Option(
        "--sampling <how>",
        "how batches are drawn (default: the run's own, else without-replacement for a minimum, with-replacement without one)",
      ).choices(["with-replacement", "without-replacement"]),
    )
    .option("--seed <number>", "seed of the Gaussian inputs", seedNumber, 1)
    .option("--json", "print one JSON document (schema sgdscope/compare@2)")
    .option("--quiet", "no notes");
}

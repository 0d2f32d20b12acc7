import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { samplingOption, type Sampling } from "../options/common.js";
import { addMinimumOptions, type MinimumOptions } from "../options/minimum.js";
import { batchSizeList, momentumList, nonNegativeNumber, positiveInteger, positiveNumber } from "../options/parsers.js";

export interface DiagramOptions extends MinimumOptions {
  learningRates?: { minimum: number; maximum: number; count: number };
  batchSize?: number[];
  sampling?: Sampling;
  momentum?: number[];
  nesterov?: boolean;
  weightDecay?: number;
  out: string;
  json?: boolean;
  quiet?: boolean;
}

/** "0.01,1,40" → 40 learning rates from 0.01 to 1. */
function learningRateRange(text: string): { minimum: number; maximum: number; count: number } {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length !== 3)
    throw new InvalidArgumentError(`Expected three numbers, smallest,largest,count, got '${text}'.`);
  const range = {
    minimum: positiveNumber(parts[0]!),
    maximum: positiveNumber(parts[1]!),
    count: positiveInteger(parts[2]!),
  };
  if (range.maximum < range.minimum)
    throw new InvalidArgumentError(`Expected a largest learning rate of at least ${parts[0]}, got ${parts[1]}.`);
  return range;
}

/** The options of `sgdscope diagram`. */
export function addDiagramOptions(command: Command): Command {
  return addMinimumOptions(
    command
      .summary("the phase diagram of one minimum over learning rate and batch size")
      .description(
        "Shows where SGD can stay at one minimum: over a grid of learning rates η and batch sizes B, the growth rate log ρ, which " +
          "each step adds to the logarithm of the expected loss, with the exact critical learning rate η*(B) and every bound as curves. " +
          "With --momentum β the same for that optimizer; with several, the diagram is over η and β at one batch size.\n\n" +
          "Writes diagram.svg, diagram.png, diagram.json and diagram.html. Each cell is exact. The default grid takes a minute or " +
          "two for 200 examples of one output, and eight times as long for twice as many; ask for fewer cells then.",
      ),
  )
    .option(
      "--learning-rates <min,max,count>",
      "learning rates in equal ratios (default: 40 from η*/4 at the smallest batch to half above the full-batch edge)",
      learningRateRange,
    )
    .option("--batch-size <B,…>", "batch sizes (default: the powers of two up to n, and n)", batchSizeList)
    .addOption(samplingOption("the run's own, else without-replacement"))
    .option(
      "--momentum <β,…>",
      "momentum of the optimizer; several momenta take the place of the batch sizes (default: the run's own, else 0)",
      momentumList,
    )
    .option("--nesterov", "Nesterov's momentum in the place of the heavy ball's")
    .option("--weight-decay <γ>", "coupled weight decay of the optimizer, as PyTorch's weight_decay", nonNegativeNumber)
    .option("--out <folder>", "where the report goes", "sgdscope-diagram")
    .option("--json", "print one JSON document (schema sgdscope/diagram@2)")
    .option("--quiet", "no progress and no notes")
    .addHelpText(
      "after",
      `
Example
  sgdscope diagram --gram K.npy --residuals r.npy --learning-rates 0.001,1,30 --batch-size 1,4,16,64
  sgdscope diagram --gram K.npy --residuals r.npy --momentum 0.9
  sgdscope diagram --gram K.npy --residuals r.npy --batch-size 4 --momentum 0,0.5,0.8,0.9,0.95`,
    );
}

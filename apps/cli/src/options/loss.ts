import type { LossId } from "@sgdscope/noise-structure/losses";
import { InvalidArgumentError, Option, type Command } from "commander";
import { positiveNumber, smoothingNumber } from "./parsers.js";

/** By type alone, so that no help text loads the losses themselves. */
const names: Record<LossId, true> = {
  square: true,
  "cross-entropy": true,
  logistic: true,
  huber: true,
  "pseudo-huber": true,
  poisson: true,
};
const lossIds = Object.keys(names);

/** A loss by its name. */
export interface LossNameOptions {
  loss?: string;
  labelSmoothing?: number;
  delta?: number;
}

/** A loss other than that of residuals, and the files of its arrays. */
export interface LossOptions extends LossNameOptions {
  logits?: string;
  labels?: string;
  targets?: string;
  exampleWeights?: string;
}

/** Adds the options that name a loss; `conflicts` are options that have a loss of their own. */
export function addLossName(command: Command, description: string, conflicts: string[] = []): Command {
  return command
    .addOption(new Option("--loss <name>", description).choices(lossIds).argParser(lossName).conflicts(conflicts))
    .addOption(
      new Option(
        "--label-smoothing <ε>",
        "label smoothing of cross-entropy, as in PyTorch, or of logistic, as in Keras",
      )
        .argParser(smoothingNumber)
        .conflicts(conflicts),
    )
    .addOption(
      new Option("--delta <δ>", "δ of huber and pseudo-huber (default: 1)")
        .argParser(positiveNumber)
        .conflicts(conflicts),
    );
}

/** The files of a loss, with what they hold. */
const files = [
  ["--logits <file>", "outputs f of the model, before any softmax or sigmoid: shape [n, C], [nC] or [n]"],
  ["--labels <file>", "class labels, shape [n]: 0 … C − 1 for cross-entropy, 0 and 1 for logistic"],
  ["--targets <file>", "targets of the shape of the logits: values, probabilities or counts"],
  ["--example-weights <file>", "weights of the examples in the loss, shape [n]; the loss stays a mean over n"],
] as const;

/** Adds the options that name a loss and its files. */
export function addLossOptions(command: Command, conflicts: string[]): Command {
  addLossName(
    command,
    "loss on the outputs, by its Gauss–Newton linearisation; needs --logits and --labels or --targets (default: square, of --residuals)",
    conflicts,
  );
  for (const [flags, description] of files) command.addOption(new Option(flags, description).conflicts(conflicts));
  return command;
}

/** Piecewise linear ones pass, so that the refusal can say why there is no such analysis. */
function lossName(text: string): string {
  if ([...lossIds, "hinge", "absolute"].includes(text)) return text;
  throw new InvalidArgumentError(`Expected one of ${lossIds.join(", ")}, got '${text}'.`);
}

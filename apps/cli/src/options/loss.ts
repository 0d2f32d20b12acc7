import { lossIds, lossNamed, type OutputLoss } from "@sgdscope/noise-structure/losses";
import { InvalidArgumentError, Option, type Command } from "commander";
import { usageError } from "../terminal/errors.js";
import { positiveNumber, smoothingNumber } from "./parsers.js";

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
      new Option("--label-smoothing <ε>", "label smoothing of cross-entropy, as in PyTorch")
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

/**
 * The loss that is named; undefined where none is.
 *
 * @throws CliError for an option of another loss; NoiseStructureError for a loss without curvature.
 */
export function namedLoss({ loss, labelSmoothing, delta }: LossNameOptions): OutputLoss | undefined {
  const first = labelSmoothing === undefined ? "--delta" : "--label-smoothing";
  if (loss === undefined) {
    if (labelSmoothing !== undefined || delta !== undefined) throw usageError(`${first} needs --loss <name> beside it`);
    return undefined;
  }
  if (labelSmoothing !== undefined && loss !== "cross-entropy")
    throw usageError(`--label-smoothing: expected --loss cross-entropy beside it, got ${loss}`);
  if (delta !== undefined && loss !== "huber" && loss !== "pseudo-huber")
    throw usageError(`--delta: expected --loss huber or pseudo-huber beside it, got ${loss}`);
  return lossNamed(loss, {
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
    ...(delta === undefined ? {} : { delta }),
  });
}

/** What the files of a minimum say of its loss. */
export interface AskedLoss {
  loss: OutputLoss;
  logits: string;
  labels?: string;
  targets?: string;
  weights?: string;
}

/**
 * The loss that is asked for; undefined for the square loss of `--residuals`.
 *
 * @throws CliError where options do not belong together; NoiseStructureError for a loss without curvature.
 */
export function lossOf(options: LossOptions & { residuals?: string }): AskedLoss | undefined {
  const { loss: name, logits, labels, targets, exampleWeights, residuals } = options;
  const [first] = [
    ["--logits", logits],
    ["--labels", labels],
    ["--targets", targets],
    ["--example-weights", exampleWeights],
  ].flatMap(([option, value]) => (value === undefined ? [] : [option as string]));
  const loss = namedLoss(options);
  if (name === undefined || loss === undefined) {
    if (first !== undefined) throw usageError(`${first} needs --loss <name> beside it`);
    return undefined;
  }
  if (residuals !== undefined) {
    if (name === "square" && first === undefined) return undefined;
    throw usageError(
      `--residuals: expected none beside ${name === "square" ? first! : `--loss ${name}`}, since residuals follow from --logits and --labels or --targets`,
      "leave one of them out",
    );
  }
  if (logits === undefined) throw usageError(`--loss ${name} needs --logits <file> beside it`);
  if (labels !== undefined && targets !== undefined)
    throw usageError("--labels and --targets: expected one of them, got both");
  if (labels === undefined && targets === undefined)
    throw usageError(
      `--loss ${name} needs ${["cross-entropy", "logistic"].includes(name) ? "--labels <file> or --targets <file>" : "--targets <file>"} beside it`,
    );
  return {
    loss,
    logits,
    ...(labels === undefined ? {} : { labels }),
    ...(targets === undefined ? {} : { targets }),
    ...(exampleWeights === undefined ? {} : { weights: exampleWeights }),
  };
}

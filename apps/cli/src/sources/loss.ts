import { lossNamed, type OutputLoss } from "@sgdscope/noise-structure/losses";
import type { LossNameOptions, LossOptions } from "../options/loss.js";
import { usageError } from "../terminal/errors.js";

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
  if (labelSmoothing !== undefined && loss !== "cross-entropy" && loss !== "logistic")
    throw usageError(`--label-smoothing: expected --loss cross-entropy or logistic beside it, got ${loss}`);
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

import type { OutputLoss } from "@sgdscope/noise-structure/losses";
import { AnalysisError } from "../errors.js";
import type { ShapeNote } from "./shapes.js";

/** How far from 1 probabilities of Float16 may sum. */
const SUM_TOLERANCE = 2e-3;
/** Fewer logits than this may all lie between 0 and 1 by chance. */
const FEW = 8;

/**
 * @internal Refuses probabilities in the place of logits, which would be taken through softmax twice, and notes where they may be
 * probabilities of a sigmoid.
 */
export function expectLogits(
  { id }: Pick<OutputLoss, "id">,
  logits: ArrayLike<number>,
  { examples, outputs }: { examples: number; outputs: number },
): ShapeNote[] {
  const values = Array.from(logits);
  if (id === "cross-entropy" && examples > 1 && outputs > 1) {
    const rows = Array.from({ length: examples }, (_, i) => values.slice(i * outputs, (i + 1) * outputs));
    const distributions = rows.every(
      (row) => row.every((q) => q >= 0) && Math.abs(row.reduce((sum, q) => sum + q, 0) - 1) <= SUM_TOLERANCE,
    );
    if (distributions)
      throw new AnalysisError(
        "INVALID_ARGUMENT",
        "logits",
        "expected outputs before the softmax, got probabilities: the outputs of every example are non-negative and sum to 1",
        "pass the inputs of the softmax, or the logarithms of the probabilities, which are logits as well, with the Jacobian of what is passed",
      );
  }
  if (id === "logistic" && values.length >= FEW && values.every((q) => q >= 0 && q <= 1))
    return [
      {
        argument: "logits",
        text: "all of them lie between 0 and 1; probabilities after a sigmoid would be taken through it twice",
      },
    ];
  return [];
}

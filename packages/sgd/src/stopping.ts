import { SgdError, expectInteger } from "./errors.js";

/** Met when the full loss was below `lossBelow` at `checks` consecutive checks, one every `every` steps. */
export interface StoppingRule {
  lossBelow: number;
  /** Consecutive checks that must pass; default 1. */
  checks?: number;
  /** Steps between checks. */
  every: number;
}

/** Counts consecutive passes of several rules; any of them ends the training. */
export interface StopCounter {
  /** Whether some rule checks the loss at this step. */
  due(step: number): boolean;
  /** Counts the loss of this step for the rules that check at it. */
  count(step: number, loss: number): void;
  /** Whether some rule is met. */
  reached(): boolean;
  /** Consecutive passes so far, one per rule. */
  counts(): number[];
}

/** Starts counting, from `counts` where a checkpoint has them. */
export function stopCounter(
  rules: readonly StoppingRule[],
  counts: readonly number[] = rules.map(() => 0),
): StopCounter {
  for (const { lossBelow, checks = 1, every } of rules) {
    if (!(lossBelow > 0))
      throw new SgdError(
        "INVALID_STOPPING_RULE",
        `train: expected stop.lossBelow to be a number > 0, got ${lossBelow}`,
      );
    expectInteger("INVALID_STOPPING_RULE", "train: expected stop.checks", checks, 1);
    expectInteger("INVALID_STOPPING_RULE", "train: expected stop.every", every, 1);
  }
  const passed = [...counts];
  return {
    due: (step) => rules.some((rule) => step % rule.every === 0),
    count(step, loss) {
      rules.forEach(({ lossBelow, every }, k) => {
        if (step % every === 0) passed[k] = loss < lossBelow ? passed[k]! + 1 : 0;
      });
    },
    reached: () => rules.some(({ checks = 1 }, k) => passed[k]! >= checks),
    counts: () => [...passed],
  };
}

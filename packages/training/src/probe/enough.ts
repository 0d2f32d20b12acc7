import { minus, plus, times, type Seconds } from "./seconds.js";
import { turns } from "./turns.js";

/** A training as a schedule saw it. */
interface Seen {
  /** Seconds of a first measurement of each work, and of one more. */
  costs: readonly { first: Seconds; more: Seconds }[];
  /** Checks of the loss at which something could be measured, and the seconds of the training from the first step on. */
  checks: number;
  training: Seconds;
}

/**
 * The least overhead, to one part in a hundred, at which a training like this one would have measured each work at least once, with its
 * checks evenly spaced.
 *
 * @returns Undefined where none is enough: without a check, or where a clock stood still.
 */
export function enoughOverhead(seen: Seen, from: number): number | undefined {
  if (seen.checks === 0 || seen.training.some((seconds) => !(seconds > 0))) return undefined;
  if (measuresAll(seen, from)) return from;
  let [low, high] = [from, 2 * from];
  while (!measuresAll(seen, high)) {
    [low, high] = [high, 2 * high];
    if (high === Infinity) return undefined;
  }
  while (high > 1.01 * low) {
    const middle = Math.sqrt(low * high);
    if (measuresAll(seen, middle)) high = middle;
    else low = middle;
  }
  return high;
}

function measuresAll({ costs, checks, training }: Seen, overhead: number): boolean {
  const none = training.map(() => 0);
  const spent = costs.map((): Seconds => none);
  const waiting = new Set(costs.keys());
  let probes: Seconds = none;
  for (let check = 1; check <= checks && waiting.size > 0; check++) {
    const room = minus(times(training, (overhead * check) / checks), probes);
    const next = costs.map(({ first, more }, work) => (waiting.has(work) ? first : more));
    const chosen = turns(
      next.map((cost, work) => ({ spent: spent[work]!, next: cost })),
      room,
    );
    for (const work of chosen) {
      spent[work] = plus(spent[work]!, next[work]!);
      probes = plus(probes, next[work]!);
      waiting.delete(work);
    }
  }
  return waiting.size === 0;
}

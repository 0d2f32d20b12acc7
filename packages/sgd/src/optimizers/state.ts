/** What an optimizer keeps of past gradients, each as large as the parameters; the names are those of snapshots. */
export const slots = [
  "velocity",
  "first-moment",
  "second-moment",
  "square-average",
  "gradient-average",
  "flat-mask",
] as const;
type Slot = (typeof slots)[number];

/** The slots that an optimizer has after its first step, and how many steps it has taken where they matter. */
export interface OptimizerState<Values> {
  /** Counted by Adam, whose bias correction depends on it, and IRE, which chooses its mask anew from time to time; else 0. */
  steps: number;
  slots: Partial<Record<Slot, Values>>;
}

/** A state before the first step. */
export const noState = <Values>(): OptimizerState<Values> => ({ steps: 0, slots: {} });

/** The slots of each kind of optimizer; a state of another kind is no state of it. */
const own: Record<string, readonly Slot[]> = {
  adam: ["first-moment", "second-moment"],
  rmsprop: ["square-average", "gradient-average", "velocity"],
  ire: ["flat-mask", "velocity"],
};

/** What some keep always, beside which their velocity stands. */
const always: Record<string, Slot> = {
  rmsprop: "square-average",
  ire: "flat-mask",
};

/** Whether a state can be that of an optimizer of this kind. */
export function fits<Values>(kind: string, { slots: kept }: OptimizerState<Values>): boolean {
  const names = Object.keys(kept) as Slot[];
  if (names.length === 0) return true;
  const mine = own[kind] ?? ["velocity"];
  const needed = always[kind];
  return names.every((name) => mine.includes(name)) && (needed === undefined || names.includes(needed));
}

/** bᵗ for a whole t by products alone, which are the same bits in every JavaScript engine. */
export function wholePower(base: number, exponent: number): number {
  let [result, square] = [1, base];
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

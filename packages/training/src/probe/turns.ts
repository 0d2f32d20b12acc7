import { minus, type Seconds } from "./seconds.js";

/** What a work has taken so far, and what it would take next; undefined where nothing is known. */
export interface Turn {
  spent: Seconds;
  next: Seconds | undefined;
}

/**
 * Which works are measured at one check, by index: the one that would then have taken least in all comes first, as long as there is room
 * by every clock. The first that does not fit has the turn: what is dearer in all waits behind it.
 *
 * @param room - Seconds that probes may take now. The first clock decides who comes first.
 */
export function turns(works: readonly Turn[], room: Seconds): number[] {
  const inAll = ({ spent, next }: Turn): number => spent[0]! + (next?.[0] ?? Infinity);
  const chosen: number[] = [];
  for (const [work, turn] of [...works.entries()].sort(([, a], [, b]) => inAll(a) - inAll(b))) {
    if (turn.next === undefined) break;
    const left = minus(room, turn.next);
    if (left.some((seconds) => seconds < 0)) break;
    room = left;
    chosen.push(work);
  }
  return chosen.sort((a, b) => a - b);
}

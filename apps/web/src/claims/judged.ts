import type { Acceptance, Claim, Compared, Finished } from "@sgdscope/experiments";
import { compact, rate } from "../words/format.js";

/** The judgements to show, and how many are not. */
export interface Judged {
  shown: Acceptance[];
  hidden: number;
}

/**
 * Judges what ran. Where jobs were left out, statements without a value are about those, and are no misses: they are
 * counted, not shown.
 */
export function judged(claim: Claim, finished: readonly Finished[], leftOut: readonly string[]): Judged {
  const all = claim.judge(finished);
  const shown = leftOut.length === 0 ? all : all.filter(({ range, runs }) => range !== undefined && runs > 0);
  return { shown, hidden: all.length - shown.length };
}

/** What was measured: one number, or the least and the most of several. */
export function seen({ range }: Acceptance): string {
  if (range === undefined) return "nothing to judge";
  const [low, high] = range.map((value) => compact(Number(value.toPrecision(3)))) as [string, string];
  return low === high ? low : `${low} … ${high}`;
}

/** Controls and what stands beside, each with its median. */
export function comparisons({ controls, beside }: Acceptance): { text: string; fails: boolean | undefined }[] {
  const text = ({ what, median }: Compared): string =>
    `${what}: ${median === undefined ? "not measured" : compact(Number(median.toPrecision(3)))}`;
  return [
    ...controls.map((control) => ({ text: text(control), fails: control.fails })),
    ...beside.map((compared) => ({ text: text(compared), fails: undefined })),
  ];
}

/** A band in words: at most, at least, or from … to. */
export function bandText({ band: [low, high] }: Acceptance): string {
  if (low === high) return limit(low);
  if (high === Infinity) return `≥ ${limit(low)}`;
  if (low === -Infinity) return `≤ ${limit(high)}`;
  return `${limit(low)} … ${limit(high)}`;
}

const limit = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? compact(value) : rate(value).replace("-", "−");

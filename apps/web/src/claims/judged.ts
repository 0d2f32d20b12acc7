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

/** What was measured: one number, or the least and the most of several; and of how many values it is not. */
export function seen({ range, runs, missing }: Acceptance): string {
  const unknown = missing === 0 ? "" : missing === 1 ? "1 not measured" : `${missing} not measured`;
  if (range === undefined) return unknown === "" ? "nothing to judge" : "not measured";
  const [low, high] = range.map(figure) as [string, string];
  const span = low === high ? low : `${low} … ${high}`;
  return unknown === "" ? span : `${span}; ${unknown} of ${runs + missing}`;
}

/** On how much it rests: runs, seeds, and what was left out of it. */
export function basis({ runs, seeds, excluded, interval }: Acceptance): string[] {
  return [
    seeds === undefined ? plural(runs, "value") : `${plural(runs, "run")}, ${plural(seeds, "seed")}`,
    ...(interval === undefined
      ? []
      : [
          `median over seeds in ${figure(interval.low)} … ${figure(interval.high)}, with probability ${Number((100 * interval.level).toPrecision(3))} %`,
        ]),
    ...(excluded === 0 ? [] : [`${excluded} outside the hypotheses`]),
  ];
}

const figure = (value: number): string => compact(Number(value.toPrecision(3)));
const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Controls and what stands beside, each with its median; whether a control misses the band, as it must. */
export function comparisons({ controls, beside }: Acceptance): { text: string; fails: boolean | undefined }[] {
  const text = ({ what, median }: Compared): string =>
    `${what}: ${median === undefined ? "not measured" : figure(median)}`;
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

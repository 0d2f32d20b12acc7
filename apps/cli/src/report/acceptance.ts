import type { Acceptance, Compared, Control } from "@sgdscope/experiments";
import { formatNumber } from "../terminal/number.js";
import { plural } from "../terminal/words.js";

/** What was measured: one number, or the least and the most of several. */
export function measuredText({ range }: Pick<Acceptance, "range">): string {
  if (range === undefined) return "nothing to judge";
  const [low, high] = range.map((value) => formatNumber(value, 3)) as [string, string];
  return low === high ? low : `${low} … ${high}`;
}

/** A band in words: at most, at least, or from … to. */
export function bandText({ band: [low, high] }: Pick<Acceptance, "band">): string {
  const text = (value: number): string =>
    Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
  if (low === high) return text(low);
  if (high === Infinity) return `≥ ${text(low)}`;
  if (low === -Infinity) return `≤ ${text(high)}`;
  return `${text(low)} … ${text(high)}`;
}

/** On how much it was judged: runs, seeds, the interval over seeds, and what was left out. */
export function weightText({ runs, seeds, interval, excluded, missing }: Acceptance): string {
  return [
    plural(runs, "run"),
    ...(seeds === undefined ? [] : [plural(seeds, "seed")]),
    ...(interval === undefined
      ? []
      : [
          `median ${formatNumber(interval.low, 3)} … ${formatNumber(interval.high, 3)} at ${Math.round(100 * interval.level)} %`,
        ]),
    ...(excluded > 0 ? [`${excluded} not judged`] : []),
    ...(missing > 0 ? [`${missing} not measured`] : []),
  ].join(", ");
}

/** A comparison in words: the median, and the range where it has one. */
export function comparedText({ what, median, range, runs }: Compared): string {
  if (median === undefined || range === undefined) return `${what}: not measured`;
  const middle = formatNumber(median, 3);
  return `${what}: ${middle}${range[0] === range[1] ? "" : ` (${measuredText({ range })})`}, ${plural(runs, "run")}`;
}

/** A control in words: its number, and whether it misses the band as it must. */
export const controlText = (control: Control): string =>
  `${comparedText(control)} ${control.fails ? "outside the band, as it should be ✓" : "inside the band ✗"}`;

/** A statement for the terminal: the judgement in a line, then its controls and what stands beside. */
export function acceptanceText(one: Acceptance): string {
  const { holds, kind, statement, controls, beside, why } = one;
  return [
    `${holds ? "✓" : "✗"} ${kind}: ${statement}: ${measuredText(one)} (${weightText(one)}), band ${bandText(one)}` +
      (why === undefined ? "" : ` — ${why}`),
    ...controls.map((control) => `    control: ${controlText(control)}`),
    ...beside.map((compared) => `    beside: ${comparedText(compared)}`),
  ].join("\n");
}

const plurals = {
  theorem: "theorems",
  identity: "identities",
  heuristic: "heuristics",
  evidence: "pieces of evidence",
} as const;

/** How many statements of each kind hold, and how many controls fail. */
export function summaryText(all: readonly Acceptance[]): string {
  const holding = all.filter(({ holds }) => holds).length;
  const kinds = (Object.keys(plurals) as (keyof typeof plurals)[]).flatMap((kind) => {
    const own = all.filter((one) => one.kind === kind);
    return own.length === 0 ? [] : [`${own.filter(({ holds }) => holds).length} of ${own.length} ${plurals[kind]}`];
  });
  const controls = all.flatMap((one) => one.controls);
  const failing = controls.filter(({ fails }) => fails).length;
  return (
    `${holding} of ${all.length} statements hold: ${kinds.join(", ")}.` +
    (controls.length === 0 ? "" : ` ${failing} of ${controls.length} controls lie outside their band, as they should.`)
  );
}

import type { Acceptance, Compared, Control } from "@sgdscope/experiments";
import { formatNumber } from "../terminal/number.js";
import { plural } from "../terminal/words.js";
import type { Section } from "./html.js";

/** What was measured: one number, or the least and the most of several. */
function measuredText({ range }: Pick<Acceptance, "range">): string {
  if (range === undefined) return "nothing to judge";
  const [low, high] = range.map((value) => formatNumber(value, 3)) as [string, string];
  return low === high ? low : `${low} … ${high}`;
}

/** A band in words: at most, at least, or from … to. */
function bandText({ band: [low, high] }: Pick<Acceptance, "band">): string {
  // Rounding that a theorem is granted is no part of its band for a reader.
  const text = (value: number): string =>
    Math.abs(value) < 1e-5 ? "0" : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
  if (low === high) return text(low);
  if (high === Infinity) return `≥ ${text(low)}`;
  if (low === -Infinity) return `≤ ${text(high)}`;
  return `${text(low)} … ${text(high)}`;
}

/** On how much it was judged: runs, seeds, the interval over seeds, and what was left out. */
function weightText({ runs, seeds, interval, excluded, missing }: Acceptance): string {
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

/** What was measured of runs beside: the median, and the range where it has one. */
function comparedText({ median, range }: Compared): string {
  if (median === undefined || range === undefined) return "not measured";
  return `${formatNumber(median, 3)}${range[0] === range[1] ? "" : ` (${measuredText({ range })})`}`;
}

/** Whether a control misses the band as it must. */
const controlText = ({ fails, median }: Control): string =>
  median === undefined ? "not measured ✗" : fails ? "outside the band, as it should be ✓" : "inside the band ✗";

/** A statement for the terminal: the judgement in a line, then its controls and what stands beside. */
export function acceptanceText(one: Acceptance): string {
  const { holds, kind, statement, controls, beside, why } = one;
  return [
    `${holds ? "✓" : "✗"} ${kind}: ${statement}: ${measuredText(one)} (${weightText(one)}), band ${bandText(one)}` +
      (why === undefined ? "" : ` — ${why}`),
    ...controls.map(
      (one) => `    control: ${one.what}: ${comparedText(one)}, ${plural(one.runs, "run")}, ${controlText(one)}`,
    ),
    ...beside.map((one) => `    beside: ${one.what}: ${comparedText(one)}, ${plural(one.runs, "run")}`),
  ].join("\n");
}

/** The judgements as a table of a report: each statement, and below it its controls and what stands beside. */
export const judgedTable = (all: readonly Acceptance[], level: 2 | 3): Section => ({
  kind: "table",
  title: "Judged",
  level,
  headings: ["", "statement", "measured", "band", "judged on", "where the band comes from"],
  align: ["left", "left", undefined, undefined, "left", "left"],
  wrap: [1, 4, 5],
  rows: all.flatMap((one) => [
    [
      one.holds ? "✓" : "✗",
      `${one.kind}: ${one.statement}${one.why === undefined ? "" : ` — ${one.why}`}`,
      measuredText(one),
      bandText(one),
      weightText(one),
      one.because,
    ],
    ...one.controls.map((control) => [
      "",
      `control: ${control.what}`,
      comparedText(control),
      "",
      `${plural(control.runs, "run")}, ${controlText(control)}`,
      "",
    ]),
    ...one.beside.map((each) => ["", `beside: ${each.what}`, comparedText(each), "", plural(each.runs, "run"), ""]),
  ]),
  caption:
    "A theorem is proved; an identity checks the software; a heuristic is often near and wrong somewhere; evidence is what was seen, and needs a control outside the band. Measured are the medians over the seeds of each setting. Bands are ours unless a theorem gives them.",
});

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

import { groupBy, median } from "./statistics.js";

/**
 * What a statement is, and so what its check shows.
 *
 * - `theorem`: proved; a miss is a fault of the software or of the hypotheses.
 * - `identity`: two ways to one number; a check of the software.
 * - `heuristic`: a formula that is often near, and known to be wrong somewhere.
 * - `evidence`: what was seen, with seeds, and a control that must fail.
 */
export type StatementKind = "theorem" | "identity" | "heuristic" | "evidence";

/** A value that may not have been measured. */
export type Measured = number | null | undefined;

/** One measured value, and the run it comes from. */
export interface Sample {
  value: Measured;
  /** Runs of one setting differ by their seed alone. Default: each sample is a setting of its own. */
  setting?: string | undefined;
  seed?: number | undefined;
}

/** Runs that are judged by the same band. */
export interface Comparison {
  /** In a few words, such as "untrained networks". */
  what: string;
  values: readonly Measured[];
}

/** A statement about runs, before it is judged. */
export interface Statement {
  kind: StatementKind;
  statement: string;
  samples: readonly Sample[];
  band: readonly [low: number, high: number];
  /** Where the band comes from. */
  because: string;
  /** Runs outside the hypotheses, such as those that did not interpolate: counted, not judged. Default 0. */
  excluded?: number;
  /** Runs of which the statement must be false: the median of each lies outside the band. */
  controls?: readonly Comparison[];
  /** Runs of which the statement may be true as well: shown, not judged. */
  beside?: readonly Comparison[];
}

/** Runs beside the judged ones: their median, and the least and the most. */
export interface Compared {
  what: string;
  runs: number;
  median: number | undefined;
  range: [number, number] | undefined;
}

/** Runs of which the statement must be false. */
export interface Control extends Compared {
  /** Whether their median lies outside the band, as it must. */
  fails: boolean;
}

/** One statement about the records, judged. */
export interface Acceptance {
  kind: StatementKind;
  statement: string;
  /** Runs it was judged on. */
  runs: number;
  /** Different seeds among them; undefined where seeds do not matter. */
  seeds: number | undefined;
  /** Values that were not measured: null, NaN or left out. A statement that lacks one does not hold. */
  missing: number;
  /** Runs outside the hypotheses, which were not judged. */
  excluded: number;
  /** Smallest and largest of the judged values, the medians over the seeds of each setting; undefined where there was nothing to judge. */
  range: [number, number] | undefined;
  /**
   * For the median over seeds of each seed's median over settings: from the least to the most of m ≥ 2 seeds, which
   * covers the median of the distribution with probability `level` = 1 − 2^(1−m). Undefined for one seed.
   */
  interval: { low: number; high: number; level: number } | undefined;
  band: [number, number];
  because: string;
  controls: Control[];
  beside: Compared[];
  holds: boolean;
  /** Why it does not hold, in a few words; undefined where it does. */
  why: string | undefined;
}

const isMeasured = (value: Measured): value is number => typeof value === "number" && !Number.isNaN(value);
const rangeOf = (values: readonly number[]): [number, number] | undefined =>
  values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];

/**
 * Judges a statement: it holds where every value was measured, the median over the seeds of each setting lies in the
 * band, and every control misses the band. Evidence without a control does not hold.
 */
export function judge({
  kind,
  statement,
  samples,
  band,
  because,
  excluded = 0,
  controls = [],
  beside = [],
}: Statement): Acceptance {
  const known = samples.filter((sample): sample is Sample & { value: number } => isMeasured(sample.value));
  const missing = samples.length - known.length;
  const medians = [...groupBy(known, (sample) => sample.setting ?? sample).values()].map((group) =>
    median(group.map(({ value }) => value))!,
  );
  const range = rangeOf(medians);
  const inside = (value: number): boolean => value >= band[0] && value <= band[1];
  const judgedControls = controls.map((control): Control => {
    const compared = compare(control);
    const complete = compared.runs > 0 && compared.runs === control.values.length;
    return { ...compared, fails: complete && !inside(compared.median!) };
  });
  const reasons = [
    ...(range === undefined ? ["nothing to judge"] : []),
    ...(missing > 0 ? [`${missing} of ${samples.length} values not measured`] : []),
    ...(medians.every(inside) ? [] : ["outside the band"]),
    ...(kind === "evidence" && controls.length === 0 ? ["no control"] : []),
    ...judgedControls.flatMap(({ what, fails, median: middle }) =>
      fails ? [] : [`control ${middle === undefined ? "not measured" : "passes too"}: ${what}`],
    ),
  ];
  return {
    kind,
    statement,
    runs: known.length,
    ...seedsAndInterval(known),
    missing,
    excluded,
    range,
    band: [...band],
    because,
    controls: judgedControls,
    beside: beside.map(compare),
    holds: reasons.length === 0,
    why: reasons.length === 0 ? undefined : reasons.join("; "),
  };
}

function compare({ what, values }: Comparison): Compared {
  const known = values.filter(isMeasured);
  return { what, runs: known.length, median: median(known), range: rangeOf(known) };
}

function seedsAndInterval(known: readonly (Sample & { value: number })[]): Pick<Acceptance, "seeds" | "interval"> {
  const seeded = known.filter(({ seed }) => seed !== undefined);
  if (seeded.length === 0) return { seeds: undefined, interval: undefined };
  const bySeed = [...groupBy(seeded, ({ seed }) => seed).values()].map((group) =>
    median(group.map(({ value }) => value))!,
  );
  const [low, high] = rangeOf(bySeed)!;
  return {
    seeds: bySeed.length,
    interval: bySeed.length < 2 ? undefined : { low, high, level: 1 - 2 ** (1 - bySeed.length) },
  };
}

/** Values without a setting or a seed: each is judged by itself. */
export const valuesOf = (values: readonly Measured[]): Sample[] => values.map((value) => ({ value }));

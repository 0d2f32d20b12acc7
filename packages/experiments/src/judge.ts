/** One statement about the records, judged. */
export interface Acceptance {
  statement: string;
  /** Runs it was judged on. */
  runs: number;
  /** Smallest and largest of the judged values (medians over seeds where single paths scatter); undefined where there was nothing to judge. */
  range: [number, number] | undefined;
  band: [number, number];
  /** Where the band comes from. */
  because: string;
  holds: boolean;
}

/**
 * Whether every value lies in the band; a statement without a value to judge does not hold.
 *
 * @param values - Undefined and NaN ones are values that could not be had, and are left out.
 * @param runs - Runs behind the values. Default their number.
 */
export function judgeValues(
  statement: string,
  values: readonly (number | undefined)[],
  band: readonly [number, number],
  because: string,
  runs?: number,
): Acceptance {
  const known = values.filter((value): value is number => value !== undefined && !Number.isNaN(value));
  const range: Acceptance["range"] = known.length === 0 ? undefined : [Math.min(...known), Math.max(...known)];
  return {
    statement,
    runs: runs ?? known.length,
    range,
    band: [...band],
    because,
    holds: range !== undefined && range[0] >= band[0] && range[1] <= band[1],
  };
}

/** What is known of a measured number; exact ones have `standardError` 0. */
export interface Measured {
  value: number;
  standardError: number;
  /** Why its interval is not to be trusted, if it is not. */
  reason?: string;
}

/** A number in `digits` significant digits, without trailing noise: 0.0494, 17.8, 1.2e-9; a dash for what is not there. */
export function formatNumber(value: number | undefined, digits = 4): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(Math.max(0, digits - 2)).replace("e+", "e");
  return Number.isInteger(value) ? String(value) : value.toPrecision(digits);
}

/** A measured number with its standard error, to the error's first two digits: "146.1 ± 6.2"; exact ones plain. */
export function formatMeasured({ value, standardError }: Measured, digits = 4): string {
  if (standardError === 0) return formatNumber(value, digits);
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(standardError)));
  if (decimals > 8 || Math.abs(value) >= 1e6)
    return `${formatNumber(value, digits)} ± ${formatNumber(standardError, 2)}`;
  return `${value.toFixed(decimals)} ± ${standardError.toFixed(decimals)}`;
}

/** "12 s", "2 min 05 s". */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

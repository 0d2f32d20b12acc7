import type { Axis, Condition } from "./schema.js";

type Json = unknown;

/** The values of an axis in order; numbers of a range are rounded to twelve digits, so 0.1, 0.2, 0.3 are written so. */
export function axisValues(axis: Axis): Json[] {
  if (Array.isArray(axis)) return axis;
  const { from, to, step, factor, count, spacing = "linear" } = axis;
  const values: number[] = [];
  if (count !== undefined)
    for (let k = 0; k < count; k++) {
      const share = k / (count - 1);
      values.push(spacing === "log" ? from * (to / from) ** share : from + (to - from) * share);
    }
  // A last value that misses `to` by rounding only is meant.
  else if (step !== undefined) for (let k = 0; from + k * step <= to + 1e-9 * step; k++) values.push(from + k * step);
  else for (let k = 0; from * factor! ** k <= to * (1 + 1e-9); k++) values.push(from * factor! ** k);
  return values.map((value) => Number(value.toPrecision(12)));
}

/** Whether a value fulfils a condition of an exclusion rule. */
export function fulfils(value: Json, condition: Condition): boolean {
  const same = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);
  if (Array.isArray(condition)) return condition.some((each) => same(value, each)) || same(value, condition);
  if (typeof condition !== "object" || condition === null) return same(value, condition);
  if (typeof value !== "number") return false;
  const { above = -Infinity, atLeast = -Infinity, below = Infinity, atMost = Infinity } = condition;
  return value > above && value >= atLeast && value < below && value <= atMost;
}

/** The value at a dotted path. */
export function valueAt(settings: Json, path: string): Json {
  return path
    .split(".")
    .reduce((value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined), settings);
}

/** A copy of `settings` with the value at a dotted path replaced. */
export function withValue(settings: Record<string, Json>, path: string, value: Json): Record<string, Json> {
  const [head = "", ...rest] = path.split(".");
  if (rest.length === 0) return { ...settings, [head]: value };
  const inner = settings[head];
  return { ...settings, [head]: withValue(isRecord(inner) ? inner : {}, rest.join("."), value) };
}

const isRecord = (value: Json): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

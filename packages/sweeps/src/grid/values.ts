import type { Axis, Condition } from "./schema.js";

type Json = unknown;

/** A step that lands so close to `to` is meant to reach it: what it misses by is rounding. */
const ROUNDING = 1e-9;

/** How many values an axis has, from its ends alone: nothing is written out. Infinite where no number could count them. */
export function axisSize(axis: Axis): number {
  if (Array.isArray(axis)) return axis.length;
  const { from, to, step, factor, count } = axis;
  if (count !== undefined) return count;
  if (step !== undefined) return Math.floor((to - from) / step + ROUNDING) + 1;
  return Math.floor(Math.log((to / from) * (1 + ROUNDING)) / Math.log(factor!)) + 1;
}

/** The values of an axis in order; numbers of a range are rounded to twelve digits, so 0.1, 0.2, 0.3 are written so. */
export function axisValues(axis: Axis): Json[] {
  if (Array.isArray(axis)) return axis;
  const { from, to, step, factor, spacing = "linear" } = axis;
  const size = axisSize(axis);
  return Array.from({ length: size }, (_, k) => {
    const share = k / (size - 1);
    if (step !== undefined) return from + k * step;
    if (factor !== undefined) return from * factor ** k;
    return spacing === "log" ? from * (to / from) ** share : from + (to - from) * share;
  }).map((value) => Number(value.toPrecision(12)));
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
  const inner = Object.hasOwn(settings, head) ? settings[head] : undefined;
  return { ...settings, [head]: withValue(isRecord(inner) ? inner : {}, rest.join("."), value) };
}

const isRecord = (value: Json): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

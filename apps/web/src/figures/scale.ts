import { powerOfTen } from "../words/format.js";

/** What a logarithmic axis can show at the least: uPlot fails on ranges far wider than double precision needs. */
export const FLOOR = 1e-16;
export const CEILING = 1e12;

/** A value as a logarithmic axis can show it; null, a gap, for what is no positive finite number. */
export const shown = (value: number | undefined): number | null =>
  value === undefined || !(value >= 0 && value < Infinity) ? null : Math.min(CEILING, Math.max(FLOOR, value));

/** A range of a logarithmic axis that holds all values and `least`, with a little air. */
export function logRange(values: readonly (number | undefined)[], least: readonly [number, number]): [number, number] {
  let [low, high] = least;
  for (const value of values) {
    if (value === undefined || !(value > 0 && value < Infinity)) continue;
    low = Math.min(low, value / 1.15);
    high = Math.max(high, value * 1.15);
  }
  return [Math.max(FLOOR, low), Math.min(CEILING, high)];
}

/** Ticks of a logarithmic axis: powers of ten, with 2 and 5 between where there are few. */
export function logTicks(low: number, high: number, most = 7): number[] {
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const every = Math.max(1, Math.ceil((to - from) / most));
  const steps = to - from <= 3 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let k = Math.ceil(from / every) * every; k <= to; k += every)
    for (const m of steps) {
      const tick = Number(`${m}e${k}`);
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  return ticks;
}

/** 0.5, 20; over many decades 10⁻⁴, 1, 10². */
export function tickLabels(ticks: readonly number[]): string[] {
  const wide = (ticks.at(-1) ?? 1) / (ticks[0] ?? 1) > 1e4;
  return ticks.map((tick) =>
    wide && tick !== 1 ? powerOfTen(Math.round(Math.log10(tick))) : String(Number(tick.toPrecision(3))),
  );
}

/** The places moved down where one is nearer than `least` to the one above it, as little as that takes, in their order. */
export function apart(places: readonly number[], least: number): number[] {
  const moved = [...places];
  let before = -Infinity;
  for (const k of places.map((_, index) => index).sort((a, b) => places[a]! - places[b]!)) {
    moved[k] = Math.max(places[k]!, before + least);
    before = moved[k]!;
  }
  return moved;
}

/** Seconds, by each clock. */
export type Seconds = readonly number[];

export const plus = (a: Seconds, b: Seconds): Seconds => a.map((value, clock) => value + b[clock]!);
export const minus = (a: Seconds, b: Seconds): Seconds => a.map((value, clock) => value - b[clock]!);
export const times = (a: Seconds, factor: number): Seconds => a.map((value) => value * factor);

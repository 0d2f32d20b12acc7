/** A number, how far off it may be, and the products it took. */
export interface Estimate {
  value: number;
  /** One standard error, in the unit of `value`; 0 where the value is exact up to rounding. */
  standardError: number;
  /** Products A·v spent; 0 where none was needed. */
  matvecs: number;
}

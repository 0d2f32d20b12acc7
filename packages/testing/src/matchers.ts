import { allclose, type Tolerance } from "./allclose.js";

declare module "vitest" {
  // The type parameter must be that of vitest's own declaration.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  interface Assertion<T = any> {
    /** Every number is within `absolute + relative·|expected|` of the expected one (see `allclose`); numbers and arrays of numbers. */
    toBeAllclose(expected: number | ArrayLike<number>, tolerance?: Tolerance): T;
  }
}

/** For `expect.extend(matchers)`. */
export const matchers = {
  toBeAllclose(
    found: number | ArrayLike<number>,
    expected: number | ArrayLike<number>,
    tolerance?: Tolerance,
  ): { pass: boolean; message: () => string } {
    const { close, report } = allclose(found, expected, tolerance);
    return { pass: close, message: () => (close ? `expected numbers that differ, got ${report}` : report) };
  },
};

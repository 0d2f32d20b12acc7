/** How far apart two numbers may be: the sum of both bounds. */
export interface Tolerance {
  /** Of the expected value; default 1e-5. */
  relative?: number;
  /** Default 1e-8. */
  absolute?: number;
  /**
   * What `relative` is relative to: each expected `"entry"`, or the `"largest"` of all in absolute value, which suits vectors whose small
   * entries are sums of large ones. Default `"entry"`.
   */
  relativeTo?: "entry" | "largest";
}

/** Whether all numbers are close, and if not, where the difference is largest. */
export interface Closeness {
  close: boolean;
  /** One sentence: the difference in length, or the worst entry and how many entries differ. */
  report: string;
}

const numbers = (count: number): string => `${count} ${count === 1 ? "number" : "numbers"}`;

/**
 * Compares numbers entry by entry: |found − expected| ≤ absolute + relative·|expected|, as numpy's `allclose` does.
 *
 * NaN is close to nothing; an infinity is close to itself. Cost: one pass.
 *
 * @param found - A number or any array of numbers.
 * @param expected - The same, of the same length.
 */
export function allclose(
  found: number | ArrayLike<number>,
  expected: number | ArrayLike<number>,
  tolerance: Tolerance = {},
): Closeness {
  const { relative = 1e-5, absolute = 1e-8, relativeTo = "entry" } = tolerance;
  const [a, b] = [found, expected].map((value) => (typeof value === "number" ? [value] : value)) as [
    ArrayLike<number>,
    ArrayLike<number>,
  ];
  if (a.length !== b.length) return { close: false, report: `expected ${numbers(b.length)}, got ${a.length}` };
  let largest = 0;
  for (let i = 0; i < b.length; i++) largest = Math.max(largest, Math.abs(b[i]!));
  let off = 0;
  let worst = { index: 0, excess: -1 };
  for (let i = 0; i < b.length; i++) {
    if (a[i] === b[i]) continue;
    const gap = Math.abs(a[i]! - b[i]!);
    const allowed = absolute + relative * (relativeTo === "largest" ? largest : Math.abs(b[i]!));
    if (gap <= allowed && Number.isFinite(gap)) continue;
    off++;
    const excess = Number.isNaN(gap) ? Infinity : gap / allowed;
    if (excess > worst.excess) worst = { index: i, excess };
  }
  if (off === 0)
    return { close: true, report: `${numbers(b.length)} within ${relative} relative and ${absolute} absolute` };
  const i = worst.index;
  return {
    close: false,
    report:
      `${off} of ${b.length} numbers differ by more than ${absolute} + ${relative}·|${relativeTo === "largest" ? "largest" : "expected"}|; ` +
      `worst at index ${i}: expected ${b[i]!}, got ${a[i]!}`,
  };
}

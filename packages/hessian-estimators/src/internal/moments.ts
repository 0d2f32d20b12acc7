/** Running mean and sum of squared deviations (Welford 1962): no cancellation, one pass. */
export interface Moments {
  count: number;
  mean: number;
  /** Σ (x − mean)². */
  deviations: number;
}

export const noMoments = (): Moments => ({ count: 0, mean: 0, deviations: 0 });

export function add(moments: Moments, x: number): void {
  moments.count++;
  const before = x - moments.mean;
  moments.mean += before / moments.count;
  moments.deviations += before * (x - moments.mean);
}

/** The moments of a list. */
export function momentsOf(samples: Iterable<number>): Moments {
  const moments = noMoments();
  for (const x of samples) add(moments, x);
  return moments;
}

/** Standard error of the mean; infinite for fewer than two samples, which have no spread. */
export const standardError = ({ count, deviations }: Moments): number =>
  count < 2 ? Infinity : Math.sqrt(deviations / (count - 1) / count);

/** Watches over the rate of a transfer that may take several connections. */
export interface Meter {
  /** Counts time from now on; `onSlow` is called once, at the end of a window in which too little came. Returns what stops counting. */
  begin: (onSlow: () => void) => () => void;
  count: (bytes: number) => void;
  /** Bytes of the window that was too slow; undefined as long as none was. */
  tooFew: () => number | undefined;
}

/**
 * A meter of consecutive windows of transfer time; pauses between connections do not count.
 *
 * @param rate - Bytes per second that each window must bring; 0 for any.
 * @param window - Milliseconds.
 */
export function createMeter(rate: number, window: number): Meter {
  let left = window;
  let bytes = 0;
  let few: number | undefined;
  return {
    begin(onSlow) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let since = performance.now();
      const arm = (): void => {
        since = performance.now();
        timer = setTimeout(judge, left);
      };
      const judge = (): void => {
        if (bytes < (rate * window) / 1000) {
          few = bytes;
          onSlow();
        } else {
          [bytes, left] = [0, window];
          arm();
        }
      };
      if (rate > 0) arm();
      return () => {
        clearTimeout(timer);
        left = Math.max(1, left - (performance.now() - since));
      };
    },
    count: (more) => void (bytes += more),
    tooFew: () => few,
  };
}

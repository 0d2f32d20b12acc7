/** Ends an attempt. */
export interface Watchdog {
  signal: AbortSignal;
  /** Says that something came. */
  alive: () => void;
  stalled: () => boolean;
  /** Ends the attempt. */
  end: () => void;
  /** Ends the watch. */
  stop: () => void;
}

/** Ends an attempt when the caller asks, or when nothing has come for too long. */
export function createWatchdog(stallTimeout: number, signal: AbortSignal | undefined): Watchdog {
  const controller = new AbortController();
  let stalled = false;
  const bark = (): void => {
    stalled = true;
    controller.abort();
  };
  let timer = setTimeout(bark, stallTimeout);
  const end = (): void => controller.abort();
  if (signal?.aborted) controller.abort();
  signal?.addEventListener("abort", end);
  return {
    signal: controller.signal,
    stalled: () => stalled,
    end,
    alive() {
      clearTimeout(timer);
      timer = setTimeout(bark, stallTimeout);
    },
    stop() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    },
  };
}

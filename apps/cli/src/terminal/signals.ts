const signals = ["SIGTERM", "SIGINT", "SIGUSR1"] as const;

/** A signal that is aborted when the process is asked to stop, until `off` is called. */
export interface StopSignal {
  signal: AbortSignal;
  off(): void;
}

/** SIGTERM, SIGINT and SIGUSR1 as an abort signal: whoever works takes a checkpoint and ends. */
export function stopSignal(reason?: () => unknown): StopSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort(reason?.());
  for (const signal of signals) process.on(signal, stop);
  return {
    signal: controller.signal,
    off: () => {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  const { setTimeout: wait } = await import("node:timers/promises");
  await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
}

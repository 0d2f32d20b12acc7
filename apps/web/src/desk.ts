import { wrap, type Remote } from "comlink";

/** What every worker of the pages answers as soon as it can. */
interface Answering {
  ready(): true;
}

/** A worker behind a message channel. */
export interface Desk<T> {
  /** Calls it; a worker that cannot answer rejects, at once or as soon as that is known. */
  ask<R>(call: (remote: Remote<T>) => Promise<R>): Promise<R>;
  /** Ends it; calls under way are never answered. */
  close(): void;
}

/** Milliseconds after which a reader is told that the worker is still on its way. */
const PATIENCE = 700;

/**
 * Opens a worker, and tells in a sentence when it is late, cannot be loaded or breaks; undefined when it answers.
 *
 * @param create - Makes the worker; what it throws is told as well.
 */
export function openDesk<T extends Answering>(
  create: () => Worker,
  tell: (trouble: string | undefined) => void,
): Desk<T> {
  let broken: Error | undefined;
  let refuse: (error: Error) => void;
  const failed = new Promise<never>((_, reject) => (refuse = reject));
  failed.catch(() => undefined); // told below, and to whoever asks
  let worker: Worker | undefined;
  let remote: Remote<T> | undefined;
  let answers = false;
  const late = setTimeout(() => tell("What computes here is still being loaded …"), PATIENCE);

  function fail(reason: string): void {
    if (broken !== undefined) return;
    clearTimeout(late);
    broken = new Error(reason);
    refuse(broken);
    tell(`Nothing can be computed: ${reason}. Reload the page; if that does not help, its files are incomplete.`);
  }

  try {
    worker = create();
    worker.addEventListener("error", (event: Event) => {
      const message = "message" in event && typeof event.message === "string" ? event.message : "";
      fail(answers ? `the worker broke (${message || "no reason given"})` : unloaded(message));
    });
    worker.addEventListener("messageerror", () => fail("a message of the worker could not be read"));
    remote = wrap<T>(worker);
    void (remote as Remote<Answering>).ready().then(() => {
      answers = true;
      clearTimeout(late);
      if (broken === undefined) tell(undefined);
    });
  } catch (error) {
    fail(unloaded(error instanceof Error ? error.message : String(error)));
  }

  return {
    ask: (call) =>
      broken !== undefined || remote === undefined ? Promise.reject(broken!) : Promise.race([call(remote), failed]),
    close() {
      clearTimeout(late);
      worker?.terminate();
    },
  };
}

const unloaded = (message: string): string =>
  `the worker of this page could not be loaded${message === "" ? "" : ` (${message})`}`;

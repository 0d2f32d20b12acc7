import type { Mutant } from "./mutants.js";

/** How a reader took its mutants. */
export interface MutantSurvey {
  accepted: number;
  refused: number;
  /** Refusals by what `refusal` called them. */
  refusals: Record<string, number>;
  /** Milliseconds per mutant. */
  median: number;
  worst: number;
  /** Bytes that one mutant added to heap and array buffers at most, its result included, as far as no collection hid it. */
  mostBytes: number;
}

export interface SurveyOptions<T> {
  /** Names a refusal that the reader documents, such as its error code; `undefined` for every other error. */
  refusal: (error: unknown) => string | undefined;
  /** Asserts that what was read of an accepted mutant is right. */
  accept: (result: T, mutant: Mutant) => void;
}

/**
 * Has a reader read mutants, one after the other, and says how it took them. Node only: it asks the process for its memory.
 *
 * @param read - The reader under test; may be asynchronous.
 * @throws What `accept` throws, or an Error for an error that is no refusal; both name the mutant, with the original as cause.
 */
export async function surveyMutants<T>(
  mutants: Iterable<Mutant>,
  read: (bytes: Uint8Array) => T | Promise<T>,
  { refusal, accept }: SurveyOptions<T>,
): Promise<MutantSurvey> {
  const times: number[] = [];
  const refusals: Record<string, number> = {};
  let [accepted, refused, mostBytes] = [0, 0, 0];
  for (const mutant of mutants) {
    const before = bytesInUse();
    const start = performance.now();
    let outcome: { result: T } | { error: unknown };
    try {
      outcome = { result: await read(mutant.bytes) };
    } catch (error) {
      outcome = { error };
    }
    times.push(performance.now() - start);
    mostBytes = Math.max(mostBytes, bytesInUse() - before);
    try {
      if ("result" in outcome) {
        accept(outcome.result, mutant);
        accepted++;
      } else {
        const name = refusal(outcome.error);
        if (name === undefined) throw outcome.error;
        refusals[name] = (refusals[name] ?? 0) + 1;
        refused++;
      }
    } catch (error) {
      throw new Error(`${mutant.what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1] ?? 0;
  return { accepted, refused, refusals, median, worst: times.at(-1) ?? 0, mostBytes };
}

function bytesInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

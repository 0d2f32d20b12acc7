import { gaussian, rademacher, seededRandom } from "@sgdscope/random";
import { HessianEstimatorsError } from "../errors.js";
import type { Randomness } from "../operator.js";
import { checkRandom } from "./arguments.js";

/** Random vectors by number. From a seed, vector `index` is a function of both alone; from a generator, it is the next one. */
export interface Draws {
  rademacher: (index: number) => Float64Array;
  gaussian: (index: number) => Float64Array;
  /** Undefined if a generator was given, because its position cannot be restored. */
  seed: number | undefined;
}

/** Checks where randomness comes from, and turns it into vectors of length `size`. */
export function drawsOf(caller: string, size: number, { random, seed }: Randomness): Draws {
  if (seed === undefined) {
    checkRandom(caller, random);
    return { rademacher: () => rademacher(size, random!), gaussian: () => gaussian(size, random!), seed };
  }
  if (random !== undefined)
    throw new HessianEstimatorsError("INVALID_ARGUMENT", `${caller}: expected random or seed, got both`);
  if (!Number.isInteger(seed) || seed < -(2 ** 31) || seed >= 2 ** 32)
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `${caller}: expected seed to be an integer that fits 32 bits, got ${seed}`,
    );
  const root = seededRandom(seed);
  const stream = (index: number): (() => number) => root.stream(`vector ${index}`);
  return {
    rademacher: (index) => rademacher(size, stream(index)),
    gaussian: (index) => gaussian(size, stream(index)),
    seed,
  };
}

import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** The whole state of a generator, as plain data that survives JSON. */
export type RandomState = readonly number[];

/** A uniform generator on [0, 1) whose state can be saved and which splits into independent named streams. */
export interface SeededRandom {
  (): number;
  /** A copy of the state; `restoreRandom(state)` continues exactly from here. */
  state(): RandomState;
  /** An independent generator, a function of the seed of this one and the name alone, not of the draws so far. */
  stream(name: string): SeededRandom;
}

/**
 * A uniform generator on [0, 1) with 53 random bits per draw (xoroshiro128+, period 2¹²⁸ − 1).
 *
 * The same seed gives the same numbers on every machine and engine.
 *
 * @param seed - Any integer that fits 32 bits.
 * @throws RangeError if `seed` is not such an integer.
 */
export function seededRandom(seed: number): SeededRandom {
  if (!Number.isInteger(seed) || seed < -(2 ** 31) || seed >= 2 ** 32)
    throw new RangeError(`seededRandom: expected an integer seed that fits 32 bits, got ${seed}`);
  // xoroshiro starts neighbouring seeds in neighbouring states, whose streams are correlated: mix the seed first.
  return wrap(xoroshiro128plus(mixed(seed | 0)), seed | 0);
}

/**
 * The generator that continues where `random.state()` was taken.
 *
 * @throws RangeError if `state` did not come from a generator of this package.
 */
export function restoreRandom(state: RandomState): SeededRandom {
  if (state.length !== 5 || !state.every(Number.isInteger))
    throw new RangeError("restoreRandom: expected a state of five integers, as random.state() returns it");
  return wrap(xoroshiro128plusFromState(state.slice(1)), state[0]!);
}

interface Generator {
  next(): number;
  getState(): readonly number[];
}

function wrap(generator: Generator, seed: number): SeededRandom {
  const draw = (): number => {
    const high = generator.next() >>> 5;
    const low = generator.next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };
  return Object.assign(draw, {
    state: () => [seed, ...generator.getState()],
    stream: (name: string) => seededRandom(hash(name, seed)),
  });
}

/** FNV-1a over the UTF-16 units, started from the seed and mixed. */
function hash(text: string, seed: number): number {
  let h = seed ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mixed(h);
}

/** A bijection of 32-bit integers in which every input bit moves every output bit. */
function mixed(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

/** A uniform generator on [0, 1), or an integer seed for the one built in. */
export type Randomness = (() => number) | number;

/**
 * The generator itself, or one made from the seed: 32 bits a draw from a counter with the golden-ratio step of splitmix (Steele, Lea
 * and Flood, OOPSLA 2014) and the 32-bit mixing
 * constants of hash-prospector (github.com/skeeto/hash-prospector).
 */
export function toRandom(randomness: Randomness): () => number {
  if (typeof randomness === "function") return randomness;
  let state = randomness | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return () => next() / 2 ** 32;
}

/** A uniformly random order of 0 … count − 1 (Fisher and Yates). */
export function permutation(count: number, random: () => number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** A standard normal number from two uniform ones (Box and Muller). */
export const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

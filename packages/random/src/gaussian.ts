/**
 * `count` independent standard normal numbers, Float64, by the polar method of Marsaglia and Bray (1964).
 *
 * @param random - Uniform generator on [0, 1).
 */
export function gaussian(count: number, random: () => number): Float64Array {
  const out = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    let u: number, v: number, s: number;
    do {
      u = 2 * random() - 1;
      v = 2 * random() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const scale = Math.sqrt((-2 * Math.log(s)) / s);
    out[i] = u * scale;
    if (i + 1 < count) out[i + 1] = v * scale;
  }
  return out;
}

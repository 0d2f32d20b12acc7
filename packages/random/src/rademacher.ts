/** `count` independent signs ±1, Float64: the probes of least variance for traces. */
export function rademacher(count: number, random: () => number): Float64Array {
  return Float64Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1));
}

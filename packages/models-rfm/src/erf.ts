/**
 * The error function erf(x) = (2/√π) ∫₀ˣ exp(−t²) dt, to about 1e-15 relative.
 *
 * Below |x| = 2.5 the series (2/√π) exp(−x²) Σ 2ᵏx^{2k+1}/(1·3⋯(2k+1)), whose terms have one sign; beyond, one minus the
 * continued fraction of the complement.
 *
 * @see Abramowitz and Stegun (1964), 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  return z < 2.5 ? series(x) : Math.sign(x) * (1 - complement(z));
}

function series(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** exp(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), from the inside out. */
function complement(x: number): number {
  let tail = x;
  for (let k = 60; k >= 1; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail);
}

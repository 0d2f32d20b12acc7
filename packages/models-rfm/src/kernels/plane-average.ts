import type { DirectionLaw } from "../models/random-features.js";

/**
 * E f(w·e, w·e′) for unit vectors e, e′ with that cosine, w uniform on the unit sphere of R^d or w ~ N(0, I/d).
 *
 * In the plane of e and e′ the projection of w is ρ(cos φ, sin φ) with φ uniform, and ρ = sin ψ of density (d − 2) sin ψ cos^{d−3} ψ on
 * the sphere (1 for d = 2), Rayleigh's of scale 1/√d for Gaussian w. Gauss–Legendre in the radius and the trapezoidal rule in the
 * angle, doubled until they agree to 1e-13, or 1024 nodes; made for smooth f. For d = 1 on the sphere, w = ±1. Derived here.
 */
export function planeAverage(
  f: (p: number, q: number) => number,
  cosine: number,
  d: number,
  law: DirectionLaw,
): number {
  if (d === 1 && law === "sphere") return (f(1, cosine) + f(-1, -cosine)) / 2;
  const sine = Math.sqrt(Math.max(0, 1 - cosine * cosine));
  const average = (nodes: number): number => {
    let sum = 0;
    for (const { radius, weight } of radii(d, law, nodes)) {
      let ring = 0;
      for (let k = 0; k < 2 * nodes; k++) {
        const phi = (Math.PI * (k + 0.5)) / nodes;
        const [p, q] = [radius * Math.cos(phi), radius * Math.sin(phi)];
        ring += f(p, p * cosine + q * sine);
      }
      sum += (weight * ring) / (2 * nodes);
    }
    return sum;
  };
  let [nodes, value] = [32, average(32)];
  while (nodes < 1024) {
    nodes *= 2;
    const finer = average(nodes);
    const change = Math.abs(finer - value);
    value = finer;
    if (change <= 1e-13 * Math.max(1e-3, Math.abs(value))) break;
  }
  return value;
}

interface RadialNode {
  radius: number;
  weight: number;
}

/** A quadrature rule of the law of ρ; beyond the end of the range less than e⁻⁴⁰ is left. */
function radii(d: number, law: DirectionLaw, nodes: number): RadialNode[] {
  if (law === "sphere" && d === 2) return [{ radius: 1, weight: 1 }];
  const end = law === "gaussian" ? 9 : Math.min(Math.PI / 2, Math.sqrt(80 / d));
  return gaussLegendre(nodes).map(({ x, weight }) => {
    const at = (end * (x + 1)) / 2;
    const share = (weight * end) / 2;
    return law === "gaussian"
      ? { radius: at / Math.sqrt(d), weight: share * at * Math.exp((-at * at) / 2) }
      : { radius: Math.sin(at), weight: share * (d - 2) * Math.sin(at) * Math.cos(at) ** (d - 3) };
  });
}

const rules = new Map<number, readonly { x: number; weight: number }[]>();

/** The Gauss–Legendre rule on [−1, 1], by Newton's method on the recurrence of the Legendre polynomials; kept once made. */
function gaussLegendre(count: number): readonly { x: number; weight: number }[] {
  const known = rules.get(count);
  if (known) return known;
  const rule = Array.from({ length: count }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    for (let iteration = 0; ; iteration++) {
      let [before, now] = [1, x];
      for (let k = 2; k <= count; k++) [before, now] = [now, ((2 * k - 1) * x * now - (k - 1) * before) / k];
      const slope = (count * (before - x * now)) / (1 - x * x);
      const step = now / slope;
      x -= step;
      if (Math.abs(step) < 1e-15 || iteration === 20) return { x, weight: 2 / ((1 - x * x) * slope * slope) };
    }
  });
  rules.set(count, rule);
  return rule;
}

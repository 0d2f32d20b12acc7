import { expectCount, expectNotNegative, expectPositive, ModelsRfmError } from "../errors.js";
import type { DeepLinearMode } from "./mode-dynamics.js";

/** The stationary distribution of a mode under SGD with label noise. */
export interface StationaryLaw {
  /** Layer singular values u, increasing, not equally spaced. */
  u: Float64Array;
  /** Their density p(u), ∫ p du = 1. */
  density: Float64Array;
  /** E w of the mode w = u^L. */
  mean: number;
  /** Var(w); Infinity for L = 1 and T ≥ 1. */
  variance: number;
}

/**
 * Var(w) = L s^{2−2/L} ησ²/(2B) of the stationary law around w = s, in the limit of small T = η/B, where the law is Boltzmann's.
 * Derived here.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`.
 */
export function boltzmannVariance({ depth, target, temperature, noiseVariance = 0 }: DeepLinearMode): number {
  expectMode("boltzmannVariance", { depth, target, temperature, noiseVariance });
  return (depth * target ** (2 - 2 / depth) * temperature * noiseVariance) / 2;
}

/**
 * The stationary law of `modeDynamics` with label noise: p(u) ∝ D(u)⁻¹ exp ∫2a/D du with drift a = u^{L−1}(s − u^L) and
 * D = T u^{2L−2}(2(s − u^L)² + σ²), the zero-flux solution of the Fokker–Planck equation. Derived here.
 *
 * Computed on both sides of w = s in the coordinate ln u (for L = 1, where u may be negative, s + (σ/√2) sinh x), until the
 * density is 1e-20 of its peak; moments to about 1e-9 relative. Its tail is p ~ u^{−(4L−2)}; for L = 1, Var(w) = Tσ²/(2(1 − T)).
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`; `NO_STATIONARY_LAW` without noise, where SGD comes to rest at w = s,
 * and for L = 2 at T ≥ 2s/(2s² + σ²), where the mode dies out.
 */
export function stationaryLaw(mode: DeepLinearMode): StationaryLaw {
  expectMode("stationaryLaw", mode);
  const { depth: L, target: s, temperature: T, noiseVariance = 0 } = mode;
  if (T * noiseVariance === 0)
    throw new ModelsRfmError(
      "NO_STATIONARY_LAW",
      "stationaryLaw: no stationary law exists without label noise or at temperature 0, because the mode rests at its target",
    );
  if (L === 2 && T * (2 * s * s + noiseVariance) >= 2 * s)
    throw new ModelsRfmError(
      "NO_STATIONARY_LAW",
      `stationaryLaw: no stationary law exists at temperature ${T}, because the mode dies out from ${(2 * s) / (2 * s * s + noiseVariance)} on`,
    );
  const { at, speed } = chart(L, s, noiseVariance);
  const variance = (w: number): number => 2 * (s - w) ** 2 + noiseVariance;
  /** d/dx ∫2a/D du. */
  const slope = (x: number): number => {
    const u = at(x);
    const w = u ** L;
    return ((2 * (s - w)) / (T * variance(w))) * u ** (1 - L) * speed(x);
  };
  const logDensity = (x: number, exponent: number): number => {
    const u = at(x);
    return exponent + Math.log(speed(x) / variance(u ** L)) - (2 * L - 2) * Math.log(u === 0 ? 1 : Math.abs(u));
  };

  // Resolve both the width of the law and the scale σ on which its noise changes.
  const width = L === 1 ? Math.sqrt(T) : Math.sqrt((T * noiseVariance) / (2 * L)) / s ** (1 / L);
  const noiseScale = L === 1 ? 1 : Math.sqrt(noiseVariance / 2) / (L * s);
  const h = Math.min(width, noiseScale, 0.25) / 8;
  const side = (direction: 1 | -1): Point[] => {
    const points: Point[] = [];
    let [exponent, peak] = [0, -Infinity];
    for (let k = 0; ; k++) {
      const x = direction * k * h;
      if (k > 0) exponent += direction * integral(slope, x - direction * h, h, direction);
      const log = logDensity(x, exponent);
      peak = Math.max(peak, log);
      points.push({ x, log });
      // The second moment of w must have vanished as well.
      if (log + 2 * Math.max(0, Math.log(Math.abs(at(x) ** L / s))) < peak - 46 || Math.abs(x) > 600) return points;
    }
  };
  const points = [...side(-1).reverse(), ...side(1).slice(1)];
  const peak = points.reduce((highest, { log }) => Math.max(highest, log), -Infinity);
  const weights = points.map(({ log }) => h * Math.exp(log - peak));
  const total = weights.reduce((a, b) => a + b);
  const modes = points.map(({ x }) => at(x) ** L);
  const mean = modes.reduce((sum, w, k) => sum + w * weights[k]!, 0) / total;
  const spread = modes.reduce((sum, w, k) => sum + (w - mean) ** 2 * weights[k]!, 0) / total;
  return {
    u: Float64Array.from(points, ({ x }) => at(x)),
    density: Float64Array.from(points, ({ x }, k) => weights[k]! / (h * total * speed(x))),
    mean: L === 1 ? s : mean,
    variance: L > 1 ? spread : T < 1 ? (T * noiseVariance) / (2 * (1 - T)) : Infinity,
  };
}

interface Point {
  x: number;
  log: number;
}

/** u(x) and du/dx, with w = s at x = 0. */
function chart(
  L: number,
  s: number,
  noiseVariance: number,
): { at: (x: number) => number; speed: (x: number) => number } {
  const [root, scale] = [s ** (1 / L), Math.sqrt(noiseVariance / 2)];
  return L === 1
    ? { at: (x) => s + scale * Math.sinh(x), speed: (x) => scale * Math.cosh(x) }
    : { at: (x) => root * Math.exp(x), speed: (x) => root * Math.exp(x) };
}

/** ∫ f over a cell of width h that starts at `from` and goes in `direction`, by three Gauss–Legendre nodes, unsigned. */
function integral(f: (x: number) => number, from: number, h: number, direction: 1 | -1): number {
  const middle = from + (direction * h) / 2;
  const off = (h / 2) * Math.sqrt(0.6);
  return (h / 18) * (5 * f(middle - off) + 8 * f(middle) + 5 * f(middle + off));
}

function expectMode(caller: string, { depth, target, temperature, noiseVariance = 0 }: DeepLinearMode): void {
  expectCount(`${caller}: expected depth`, depth);
  expectPositive(`${caller}: expected target`, target);
  expectNotNegative(`${caller}: expected temperature`, temperature);
  expectNotNegative(`${caller}: expected noiseVariance`, noiseVariance);
}

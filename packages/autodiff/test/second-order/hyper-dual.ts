/**
 * Numbers a + b·ε₁ + c·ε₂ + d·ε₁ε₂ with ε₁² = ε₂² = 0, in Float64. A function evaluated at x + v·ε₁ + u·ε₂ gives its value
 * as a, its derivatives along v and u as b and c, and uᵀHv as d, all exact to rounding: the reference of the
 * conformance suite, which shares nothing with TensorFlow.js. (Fike & Alonso 2011, AIAA 2011-886.)
 */
export class HyperDual {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;

  constructor(a: number, b = 0, c = 0, d = 0) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }

  plus(other: HyperDual | number): HyperDual {
    const o = lift(other);
    return new HyperDual(this.a + o.a, this.b + o.b, this.c + o.c, this.d + o.d);
  }

  minus(other: HyperDual | number): HyperDual {
    return this.plus(lift(other).times(-1));
  }

  times(other: HyperDual | number): HyperDual {
    const o = lift(other);
    return new HyperDual(
      this.a * o.a,
      this.a * o.b + this.b * o.a,
      this.a * o.c + this.c * o.a,
      this.a * o.d + this.b * o.c + this.c * o.b + this.d * o.a,
    );
  }

  over(other: HyperDual | number): HyperDual {
    return this.times(lift(other).map((x) => [1 / x, -1 / x ** 2, 2 / x ** 3]));
  }

  /** Applies a function given by its value and first two derivatives. */
  map(f: (x: number) => [value: number, first: number, second: number]): HyperDual {
    const [value, first, second] = f(this.a);
    return new HyperDual(value, first * this.b, first * this.c, first * this.d + second * this.b * this.c);
  }
}

export const lift = (value: HyperDual | number): HyperDual =>
  typeof value === "number" ? new HyperDual(value) : value;

export const exp = (x: HyperDual): HyperDual => x.map((a) => [Math.exp(a), Math.exp(a), Math.exp(a)]);
export const log = (x: HyperDual): HyperDual => x.map((a) => [Math.log(a), 1 / a, -1 / a ** 2]);
export const sqrt = (x: HyperDual): HyperDual => x.map((a) => [a ** 0.5, 0.5 * a ** -0.5, -0.25 * a ** -1.5]);
export const square = (x: HyperDual): HyperDual => x.times(x);
export const total = (xs: readonly HyperDual[]): HyperDual => xs.reduce((sum, x) => sum.plus(x), lift(0));
export const largest = (xs: readonly HyperDual[]): HyperDual => xs.reduce((best, x) => (x.a > best.a ? x : best));
export const smallest = (xs: readonly HyperDual[]): HyperDual => xs.reduce((best, x) => (x.a < best.a ? x : best));

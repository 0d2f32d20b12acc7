import { f32, f32x4, i32, type Assembler, type Body, type Local, type V128 } from "../assembler.js";
import { eachVector } from "./reduce.js";

/** Functions of two arrays, number by number; those with "Scalar" take one number as the second. */
export const ELEMENTWISE = [
  ...(["addArrays", "subtractArrays", "multiplyArrays", "multiplyScalar", "passWherePositive"] as const),
  ...(["relu", "step", "fill"] as const),
] as const;

/** Functions that compute each number separately, `count` numbers in all. */
export function defineElementwise(asm: Assembler): void {
  const define = <N extends string>(
    name: (typeof ELEMENTWISE)[number],
    parameters: readonly N[],
    write: (f: Body, p: Record<N | "to" | "count", Local<"i32">>) => (load: (address: N) => V128) => V128,
  ): void =>
    asm.define(name, [...parameters, "to", "count"], (f, p) => {
      const { at } = f.integers("at");
      const compute = write(f, p);
      eachVector(f, p.count, (offset, vectors, lanes) => {
        for (let v = 0; v < vectors; v++) {
          const value = compute((address) => f32x4.loadPartial(i32.add(p[address], offset), lanes, 16 * v));
          f.set(at, i32.add(p.to, offset));
          f.storePartial(at, value, lanes, 16 * v);
        }
      });
    });
  /** The number with these bits, in all lanes. */
  const constant = (f: Body, bits: Local<"i32">): Local<"v128"> => {
    const splat = f.local("v128");
    f.set(splat, f32x4.splat(f32.reinterpret(bits)));
    return splat;
  };

  define("addArrays", ["a", "b"], () => (load) => f32x4.add(load("a"), load("b")));
  define("subtractArrays", ["a", "b"], () => (load) => f32x4.sub(load("a"), load("b")));
  define("multiplyArrays", ["a", "b"], () => (load) => f32x4.mul(load("a"), load("b")));
  define("multiplyScalar", ["a", "scalar"], (f, p) => {
    const scalar = f.local("v128");
    f.set(scalar, f32x4.loadSplat(p.scalar));
    return (load) => f32x4.mul(load("a"), scalar);
  });
  /** `a` where `b > 0`, zero elsewhere: the gradient of a ReLU. */
  define("passWherePositive", ["a", "b"], () => (load) => f32x4.and(load("a"), f32x4.gt(load("b"), f32x4.zero)));
  define("relu", ["x"], () => (load) => f32x4.max(f32x4.zero, load("x")));
  /** One where x > 0, else the number of these bits; NaN where x is. */
  define("step", ["x", "alphaBits"], (f, p) => {
    const alpha = constant(f, p.alphaBits);
    const x = f.local("v128");
    const one = f32x4.splat(f32.of(1));
    return (load) => {
      f.set(x, load("x"));
      const positive = f32x4.gt(x, f32x4.zero);
      const value = f32x4.or(f32x4.and(one, positive), f32x4.andNot(alpha, positive));
      return f32x4.or(value, f32x4.ne(x, x)); // all bits set is a NaN
    };
  });
  define("fill", ["bits"], (f, p) => {
    const value = constant(f, p.bits);
    return () => value;
  });
}

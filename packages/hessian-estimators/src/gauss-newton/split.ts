import { axpy, dot } from "@sgdscope/linear-algebra";
import { HessianEstimatorsError } from "../errors.js";
import { checkInteger } from "../internal/arguments.js";
import { unitVectors } from "../internal/columns.js";
import { drawsOf } from "../internal/draws.js";
import { drive, type Counted } from "../internal/machine.js";
import { sizeOf } from "../internal/products.js";
import { precisionOf } from "../internal/symmetry.js";
import { noSketch, takeColumn, type Sketch } from "../internal/sketch.js";
import { projectOut } from "../internal/project-out.js";
import type { LinearOperator, LongOptions, Randomness, ResumableOptions } from "../operator.js";
import { applyAll, blockwise } from "../operator/arithmetic.js";
import { comparison, type GaussNewtonSplit, type Squares } from "./comparison.js";

/** What `gaussNewtonSplit` accepts. */
export interface GaussNewtonOptions extends LongOptions<undefined>, Randomness, ResumableOptions {
  /**
   * Products to spend on both operators together, half on each; 120 by default, at least 20. If half of it is at least the size,
   * the result is exact.
   */
  maxMatvecs?: number | undefined;
}

interface Split extends Counted {
  sketches: number;
  sketch: Sketch;
  known: Squares;
  images: number;
  probes: Squares[];
}

/**
 * How far the Hessian H is from its Gauss–Newton part G: ‖H − G‖_F relative to ‖H‖_F, both norms, and the cosine of the angle between
 * the two matrices, from shared probes.
 *
 * A fifth of the budget sketches both operators; their span Q is treated exactly, and the rest is sampled by probes
 * w = (I − QQᵀ)v, as in `deflatedNorm`: ⟨A, B⟩ = ⟨QᵀAQ, QᵀBQ⟩ + 2⟨(I − P)AQ, (I − P)BQ⟩ + E⟨(I − P)Aw, (I − P)Bw⟩. The same probe
 * serves both operators, so in ratios most of its noise cancels; standard errors of ratios are by the delta method.
 *
 * Cost: `maxMatvecs` products; about 2·size·maxMatvecs/5 numbers. Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, sizes that differ, a product of wrong length, or one that is not finite.
 *
 * Derived here, after Hutch++ (Meyer, Musco, Musco and Woodruff 2021). H = G + (1/n) Σ r ∇²f: Schraudolph (2002).
 */
export async function gaussNewtonSplit(
  hessian: LinearOperator,
  gaussNewton: LinearOperator,
  options: GaussNewtonOptions,
): Promise<GaussNewtonSplit> {
  const caller = "gaussNewtonSplit";
  const size = sizeOf(caller, hessian);
  if (gaussNewton.size !== size)
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `${caller}: expected gaussNewton of size ${size}, got ${gaussNewton.size}`,
    );
  const draws = drawsOf(caller, size, options);
  const { maxMatvecs = 120 } = options;
  checkInteger(caller, "maxMatvecs", maxMatvecs, 20);
  const limit = Math.floor(maxMatvecs / 2);
  const exact = limit >= size;
  const sketches = exact ? 0 : Math.floor(limit / 5);

  return drive<Split, GaussNewtonSplit, undefined>(both(hessian, gaussNewton), options, {
    caller,
    settings: { seed: draws.seed, maxMatvecs },
    limit: exact ? size : limit,
    begin() {
      const known = { hessian: 0, gaussNewton: 0, difference: 0 };
      const sketch = exact ? { ...noSketch(), basis: unitVectors(size, 0, size) } : noSketch();
      return { matvecs: 0, sketches: 0, sketch, known, images: 0, probes: [] };
    },
    wants({ matvecs, sketch: { basis }, sketches: sketched, images }, most) {
      if (sketched < sketches) return drawn(Math.min(most, sketches - sketched), (i) => draws.rademacher(sketched + i));
      if (images < basis.length) return basis.slice(images, images + most).map(doubled);
      if (exact) return [];
      const begun = matvecs - images;
      return drawn(Math.min(most, limit - matvecs), (i) => {
        const w = draws.rademacher(begun + i);
        projectOut(basis, w);
        return w;
      });
    },
    takes(state, _vector, product) {
      const { sketch, images } = state;
      const { basis } = sketch;
      const [ofHessian, ofGaussNewton] = [product.slice(0, size), product.slice(size)];
      if (state.sketches < sketches) {
        state.sketches++;
        takeColumn(sketch, ofHessian);
        takeColumn(sketch, ofGaussNewton);
      } else if (images < basis.length) {
        state.images++;
        state.known = plus(state.known, squares(basis, ofHessian, ofGaussNewton, 1));
      } else state.probes.push(squares(basis, ofHessian, ofGaussNewton, 0));
    },
    partial: () => undefined,
    result: ({ known, probes, matvecs, symmetry }) =>
      comparison(known, probes, { matvecs: 2 * matvecs, precision: precisionOf(symmetry) }),
  });
}

const drawn = (count: number, draw: (i: number) => Float64Array): Float64Array[] =>
  Array.from({ length: count }, (_, i) => doubled(draw(i)));

/** One operator that gives [Hv, Gv] for [v, anything]. */
function both(a: LinearOperator, b: LinearOperator): LinearOperator {
  const { size } = a;
  const joint = blockwise(2 * size, async (vectors) => {
    const firsts = (): Float64Array[] => vectors.map((v) => v.slice(0, size));
    const [left, right] = [await applyAll(a, firsts()), await applyAll(b, firsts())];
    return left.map((image, i) => {
      const product = new Float64Array(image.length + right[i]!.length);
      product.set(image);
      product.set(right[i]!, image.length);
      return product;
    });
  });
  return a.applyBlock || b.applyBlock ? joint : { size: joint.size, apply: joint.apply };
}

/** [v, v]: with both halves equal, the asymmetry of either operator shows in that of the pair. */
function doubled(v: Float64Array): Float64Array {
  const pair = new Float64Array(2 * v.length);
  pair.set(v);
  pair.set(v, v.length);
  return pair;
}

/** ‖inside‖²·`inner` + ‖outside‖²·(1 + `inner`) of the images Hx, Gx and (H − G)x, by the span of the basis. */
function squares(
  basis: readonly Float64Array[],
  hessian: Float64Array,
  gaussNewton: Float64Array,
  inner: number,
): Squares {
  const weighed = (image: Float64Array): number => {
    const inside = projectOut(basis, image);
    return inner * dot(inside, inside) + (1 + inner) * dot(image, image);
  };
  const difference = axpy(-1, gaussNewton, hessian.slice());
  return { hessian: weighed(hessian), gaussNewton: weighed(gaussNewton), difference: weighed(difference) };
}

const plus = (a: Squares, b: Squares): Squares => ({
  hessian: a.hessian + b.hessian,
  gaussNewton: a.gaussNewton + b.gaussNewton,
  difference: a.difference + b.difference,
});

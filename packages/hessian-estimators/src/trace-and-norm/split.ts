import { axpy, dot, norm, scale } from "@sgdscope/linear-algebra";
import { projectOut } from "../internal/project-out.js";
import { squaredNorm } from "../internal/vectors.js";

/**
 * @internal An orthonormal basis Q that contains what dominates A, its image AQ, and probes w = (I − QQᵀ)v with Aw for the rest.
 *
 * With P = QQᵀ and A symmetric
 *   Tr A   = Tr QᵀAQ + E wᵀAw,
 *   ‖A‖_F² = ‖QᵀAQ‖_F² + 2‖(I − P)AQ‖_F² + E‖(I − P)Aw‖²,
 * so the same products serve both. Q = orth(AV) comes from other draws than the probes: given Q both means are unbiased.
 */
export interface Split {
  basis: Float64Array[];
  images: Float64Array[];
  probes: Probe[];
  /** Tr A and ‖A‖_F² from the basis alone. */
  known: { trace: number; square: number };
  /** The sketch met directions that it already had: the rank of A is exhausted. */
  exhausted: boolean;
}

interface Probe {
  trace: number;
  square: number;
  /** w and Aw, while the basis may still grow. */
  vectors?: { w: Float64Array; image: Float64Array } | undefined;
}

export const noSplit = (): Split => ({
  basis: [],
  images: [],
  probes: [],
  known: { trace: 0, square: 0 },
  exhausted: false,
});

/** Takes the sketches AV into the basis; their images are still missing. */
export function takeSketches(split: Split, sketches: readonly Float64Array[]): void {
  for (const sketch of sketches) {
    const y = sketch.slice();
    const before = norm(y);
    projectOut(split.basis, y);
    const after = norm(y);
    if (after <= 1e-10 * before) split.exhausted = true;
    else split.basis.push(scale(1 / after, y));
  }
}

/** Takes the image of the next basis vector that lacks one; the existing probes are updated without new products. */
export function takeImage(split: Split, image: Float64Array): void {
  const q = split.basis[split.images.length]!;
  split.images.push(image);
  for (const one of split.probes) {
    const c = dot(q, one.vectors!.w);
    one.vectors = {
      w: axpy(-c, q, one.vectors!.w.slice()),
      image: axpy(-c, image, one.vectors!.image.slice()),
    };
  }
}

/** The part known from the basis, and the remainders of the probes, once every image is taken. */
export function settleImages(split: Split): void {
  split.known = knownPart(split);
  for (const one of split.probes) Object.assign(one, sample(split, one.vectors!.w, one.vectors!.image));
}

export const remainder = ({ basis }: Split, v: Float64Array): Float64Array => {
  projectOut(basis, v);
  return v;
};

/** Takes a probe w = (I − P)v and its product; `keep` where the basis may still grow. */
export function takeProbe(split: Split, w: Float64Array, image: Float64Array, keep: boolean): void {
  split.probes.push({ ...sample(split, w, image), vectors: keep ? { w, image } : undefined });
}

function sample({ basis }: Split, w: Float64Array, image: Float64Array): { trace: number; square: number } {
  const outside = image.slice();
  projectOut(basis, outside);
  return { trace: dot(w, image), square: squaredNorm(outside) };
}

function knownPart({ basis, images }: Split): { trace: number; square: number } {
  let trace = 0;
  let square = 0;
  images.forEach((image, i) => {
    const outside = image.slice();
    const inside = projectOut(basis, outside);
    trace += inside[i]!;
    square += squaredNorm(inside) + 2 * squaredNorm(outside);
  });
  return { trace, square };
}

import { axpy, dot, scale } from "@sgdscope/linear-algebra";
import { exactly, type TraceAndNorm } from "../exact.js";
import { checkInteger } from "../internal/arguments.js";
import { momentsOf } from "../internal/moments.js";
import { products, type Products } from "../internal/products.js";
import { LEAST_SAMPLES, nextLook } from "../internal/stopping.js";
import { projectOut, squaredNorm } from "../internal/vectors.js";
import type { LinearOperator } from "../operator.js";
import { estimates, plan, satisfied, type DeflatedOptions, type Targets } from "./options.js";

/**
 * @internal An orthonormal basis Q that holds what dominates A, its image AQ, and probes w = (I − QQᵀ)v with Aw for the rest.
 *
 * With P = QQᵀ and A symmetric
 *   Tr A   = Tr QᵀAQ + E wᵀAw,
 *   ‖A‖_F² = ‖QᵀAQ‖_F² + 2‖(I − P)AQ‖_F² + E‖(I − P)Aw‖²,
 * so the same products serve both. Q = orth(AV) comes from other draws than the probes: given Q both means are unbiased.
 */
interface Split {
  basis: Float64Array[];
  images: Float64Array[];
  probes: Probe[];
  /** What the basis alone says of Tr A and ‖A‖_F². */
  known: { trace: number; square: number };
  /** The sketch met directions it already had: A has no more rank to give. */
  exhausted: boolean;
}

interface Probe {
  trace: number;
  square: number;
  /** w and Aw, as long as the basis may still grow. */
  vectors: { w: Float64Array; image: Float64Array } | undefined;
}

/** @internal */
export async function deflatedSampling(
  caller: string,
  operator: LinearOperator,
  options: DeflatedOptions<TraceAndNorm>,
  targets: Targets,
): Promise<TraceAndNorm> {
  const run = products(caller, operator, options.signal);
  const { limit, adaptive, draw } = plan(caller, run.size, options, targets, 6);
  const { maxRank = Math.max(8, Math.floor(2 ** 29 / (32 * run.size))) } = options;
  checkInteger(caller, "maxRank", maxRank, 1);
  const split: Split = { basis: [], images: [], probes: [], known: { trace: 0, square: 0 }, exhausted: false };
  const now = (): TraceAndNorm | undefined =>
    split.probes.length < 2
      ? undefined
      : estimates(
          split.known,
          momentsOf(split.probes.map((probe) => probe.trace)),
          momentsOf(split.probes.map((probe) => probe.square)),
          run.count(),
          targets,
        );
  const report = (estimate?: TraceAndNorm): void =>
    options.onProgress?.({ matvecs: run.count(), maxMatvecs: limit, estimate });
  const reportNow = (): void => {
    if (options.onProgress) report(now());
  };
  if (adaptive ? run.size <= Math.min(3 * LEAST_SAMPLES, limit) : run.size <= limit)
    return exactly(run, () => report());

  let samples = adaptive ? Math.min(LEAST_SAMPLES, Math.floor(limit / 3)) : Math.floor(limit / 3);
  while (true) {
    const left = limit - run.count();
    const last = !adaptive || left <= 3 * (samples - split.probes.length);
    const rank = Math.min(samples, maxRank) - split.basis.length;
    if (!split.exhausted && rank > 0) await grow(split, Math.min(rank, Math.floor(left / 3)), run, draw, reportNow);
    while (run.count() < limit && (last || split.probes.length < samples)) {
      await probe(split, run, draw, !last && !split.exhausted && split.basis.length < maxRank);
      reportNow();
    }
    const estimate = now()!;
    if (run.count() >= limit || (adaptive && satisfied(estimate))) return estimate;
    const next = nextLook(samples);
    const spentThen = run.count() + 3 * (next - samples);
    if (spentThen >= run.size && run.count() + run.size <= limit) return exactly(run, () => report());
    samples = next;
  }
}

/** Adds up to `rank` directions from fresh sketches; the probes at hand follow without new products. */
async function grow(
  split: Split,
  rank: number,
  run: Products,
  draw: () => Float64Array,
  report: () => void,
): Promise<void> {
  const { basis, images, probes } = split;
  const held = basis.length;
  const sketches: Float64Array[] = [];
  for (let i = 0; i < rank; i++) {
    sketches.push(await run.apply(draw()));
    report();
  }
  for (const y of sketches) {
    const before = Math.sqrt(squaredNorm(y));
    projectOut(basis, y);
    const after = Math.sqrt(squaredNorm(y));
    if (after <= 1e-10 * before) {
      split.exhausted = true;
      continue;
    }
    scale(1 / after, y);
    basis.push(y);
  }
  for (let i = held; i < basis.length; i++) {
    const image = await run.apply(basis[i]!);
    images.push(image);
    for (const { vectors } of probes) {
      const c = dot(basis[i]!, vectors!.w);
      axpy(-c, basis[i]!, vectors!.w);
      axpy(-c, image, vectors!.image);
    }
    report();
  }
  split.known = knownPart(split);
  for (const one of probes) Object.assign(one, sample(split, one.vectors!.w, one.vectors!.image));
}

async function probe(split: Split, run: Products, draw: () => Float64Array, keep: boolean): Promise<void> {
  const w = draw();
  projectOut(split.basis, w);
  const image = await run.apply(w);
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

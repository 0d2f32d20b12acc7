import { axpy, dot, norm, scale } from "@sgdscope/linear-algebra";
import { xDiagonal, type LinearOperator } from "@sgdscope/hessian-estimators";
import { expect, test } from "vitest";
import { withSpectrum } from "../support.js";

const SIZE = 24;
const PROBES = 6;
const { matrix, ...operator } = withSpectrum(
  Array.from({ length: SIZE }, (_, i) => 5 * 0.75 ** i * (i % 3 === 2 ? -1 : 1)),
);

/** diag(QQᵀA) + ω∘(I − QQᵀ)Aω with Q = orth of the sketches, by Gram and Schmidt and nothing cleverer. */
function term(probe: Float64Array, image: Float64Array, sketches: readonly Float64Array[]): Float64Array {
  const basis: Float64Array[] = [];
  for (const sketch of sketches) {
    const y = sketch.slice();
    for (let pass = 0; pass < 2; pass++) for (const q of basis) axpy(-dot(q, y), q, y);
    basis.push(scale(1 / norm(y), y));
  }
  const rest = image.slice();
  const known = new Float64Array(SIZE);
  for (const q of basis) {
    axpy(-dot(q, image), q, rest);
    for (let j = 0; j < SIZE; j++) known[j]! += q[j]! * dot(q, matrix.subarray(j * SIZE, (j + 1) * SIZE));
  }
  return known.map((x, j) => x + probe[j]! * rest[j]!);
}

test("value and standard error are those of leaving every probe, and every two of them, out of the sketch in turn", async () => {
  const probes: Float64Array[] = [];
  const images: Float64Array[] = [];
  const spied: LinearOperator = {
    size: SIZE,
    async apply(v) {
      const given = v.slice();
      const image = await operator.apply(v);
      if (probes.length < PROBES) {
        probes.push(given);
        images.push(image.slice());
      }
      return image;
    },
  };
  const { values, standardErrors } = await xDiagonal(spied, { seed: 5, maxMatvecs: 2 * PROBES });

  const without = (...gone: number[]): Float64Array[] => images.filter((_, i) => !gone.includes(i));
  const terms = probes.map((probe, i) => term(probe, images[i]!, without(i)));
  const change = (i: number, j: number): Float64Array => {
    const both = term(probes[i]!, images[i]!, without(i, j));
    return terms[i]!.map((x, e) => x - both[e]!);
  };
  let corrected = 0;
  for (let e = 0; e < SIZE; e++) {
    const mean = terms.reduce((sum, t) => sum + t[e]!, 0) / PROBES;
    const scatter = terms.reduce((sum, t) => sum + (t[e]! - mean) ** 2, 0) / (PROBES - 1) / PROBES;
    let covariance = 0;
    for (let i = 0; i < PROBES; i++)
      for (let j = 0; j < i; j++) covariance += (change(i, j)[e]! * change(j, i)[e]!) / ((PROBES * (PROBES - 1)) / 2);
    if (covariance > 0.05 * scatter) corrected++;
    expect(values[e]).toBeCloseTo(mean, 10);
    expect(standardErrors[e]).toBeCloseTo(Math.sqrt(scatter + Math.max(0, covariance)), 10);
  }
  expect(corrected).toBeGreaterThan(3);
});

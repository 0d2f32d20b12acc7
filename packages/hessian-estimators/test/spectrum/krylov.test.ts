import { seededRandom } from "@sgdscope/random";
import { expect, test } from "vitest";
import { products } from "../../src/internal/products.js";
import { extend, freshDirection, residual, restart, ritz, type Krylov } from "../../src/spectrum/krylov.js";
import { dense, withSpectrum } from "../support.js";

const operator = withSpectrum(Array.from({ length: 50 }, (_, i) => 10 * Math.cos(i)));
const random = seededRandom(3);
const run = products("test", operator, undefined);

async function steps(count: number): Promise<Krylov> {
  const next = freshDirection([], 50, random);
  const krylov: Krylov = { basis: [], columns: [], dropped: [], defects: [], next, scale: 0 };
  for (let step = 0; step < count; step++) await extend(krylov, run, random);
  return krylov;
}

const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i]! * y[i]!;
  return total;
};

/** Largest entry of A·Q − [Q next]·H. */
async function mismatch({ basis, columns, next }: Krylov): Promise<number> {
  let worst = 0;
  for (const [j, column] of columns.entries()) {
    const product = await operator.apply(basis[j]!);
    [...basis, next!].forEach((q, i) => {
      for (let k = 0; k < 50; k++) product[k]! -= (column[i] ?? 0) * q[k]!;
    });
    worst = Math.max(worst, ...product.map(Math.abs));
  }
  return worst;
}

/** ‖A·y − θ·y‖ of y = Q·s, by a product. */
async function measuredResidual({ basis }: Krylov, theta: number, s: Float64Array): Promise<number> {
  const y = new Float64Array(50);
  basis.forEach((q, j) => q.forEach((x, i) => (y[i]! += s[j]! * x)));
  const product = await operator.apply(y);
  return Math.hypot(...product.map((x, i) => x - theta * y[i]!));
}

test("the basis stays orthonormal and A·Q = Q·T + β·q·eᵀ, with T tridiagonal", async () => {
  const krylov = await steps(20);
  krylov.basis.forEach((p, i) =>
    krylov.basis.forEach((q, j) => expect(Math.abs(dot(p, q) - (i === j ? 1 : 0))).toBeLessThan(1e-13)),
  );
  expect(await mismatch(krylov)).toBeLessThan(1e-12);
  krylov.columns.forEach((column, j) => {
    for (let i = 0; i < j - 1; i++) expect(Math.abs(column[i]!)).toBeLessThan(1e-12);
    if (j > 0) expect(column[j - 1]!).toBeCloseTo(krylov.columns[j - 1]![j]!, 12);
  });
});

test("a thick restart keeps that relation, and the Ritz pairs it kept", async () => {
  const before = await steps(20);
  const pairs = ritz(before);
  const after = restart(before, pairs.vectors.slice(0, 6));
  await extend(after, run, random);
  await extend(after, run, random);
  expect(await mismatch(after)).toBeLessThan(1e-12);
  expect(ritz(after).values[0]).toBeGreaterThanOrEqual(pairs.values[0]! - 1e-12);
});

test("the residual without a product is the residual with one, before and after restarts", async () => {
  const krylov = await steps(16);
  const thick = restart(krylov, ritz(krylov).vectors.slice(0, 5));
  for (let step = 0; step < 4; step++) await extend(thick, run, random);
  for (const state of [krylov, thick]) {
    const pairs = ritz(state);
    for (const [k, s] of pairs.vectors.entries()) {
      const measured = await measuredResidual(state, pairs.values[k]!, s);
      expect(residual(state, pairs.values[k]!, s).total).toBeCloseTo(measured, 10);
    }
  }
});

test("a restart in a fresh direction bounds the residual from above", async () => {
  const krylov = await steps(16);
  const kept = ritz(krylov).vectors.slice(0, 5);
  const fresh = restart(krylov, kept, (basis) => freshDirection(basis, 50, random));
  for (let step = 0; step < 4; step++) await extend(fresh, run, random);
  const pairs = ritz(fresh);
  for (const [k, s] of pairs.vectors.entries()) {
    const measured = await measuredResidual(fresh, pairs.values[k]!, s);
    expect(residual(fresh, pairs.values[k]!, s).total).toBeGreaterThan(measured - 1e-10);
  }
});

test("asymmetry of the operator shows in the residuals", async () => {
  const skew = new Float64Array(operator.matrix);
  skew[3 * 50 + 7]! += 1;
  const next = freshDirection([], 50, random);
  const krylov: Krylov = { basis: [], columns: [], dropped: [], defects: [], next, scale: 0 };
  const skewed = products("test", dense(skew, 50), undefined);
  for (let step = 0; step < 50; step++) await extend(krylov, skewed, random);
  const pairs = ritz(krylov);
  const worst = Math.max(...pairs.vectors.map((s, k) => residual(krylov, pairs.values[k]!, s).total));
  expect(worst).toBeGreaterThan(0.01);
});

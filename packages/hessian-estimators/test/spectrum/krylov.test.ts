import { gaussian, seededRandom } from "@sgdscope/random";
import type { LinearOperator } from "@sgdscope/hessian-estimators";
import { expect, test } from "vitest";
import { extend, freshDirection, residual, restart, ritz, startFrom, type Krylov } from "../../src/spectrum/krylov.js";
import { dense, withSpectrum } from "../support.js";

const operator = withSpectrum(Array.from({ length: 50 }, (_, i) => 10 * Math.cos(i)));
const random = seededRandom(3);
const fresh = (basis: readonly Float64Array[]): Float64Array => freshDirection(basis, () => gaussian(50, random));

async function advance(krylov: Krylov, count: number, a: LinearOperator = operator): Promise<void> {
  for (let step = 0; step < count; step++) extend(krylov, await a.apply(krylov.pending[0]!), fresh);
}

/** After `count` products, from `block` random vectors. */
async function steps(count: number, block = 1): Promise<Krylov> {
  const start: Float64Array[] = [];
  while (start.length < block) start.push(fresh(start));
  const krylov = startFrom(start);
  await advance(krylov, count);
  return krylov;
}

const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i]! * y[i]!;
  return total;
};

/** Largest entry of A·Q − [Q pending]·H. */
async function mismatch({ basis, columns, pending }: Krylov): Promise<number> {
  let worst = 0;
  for (const [j, column] of columns.entries()) {
    const product = await operator.apply(basis[j]!);
    [...basis, ...pending].forEach((q, i) => {
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

test("with a block the basis stays orthonormal, A·Q = [Q pending]·H, and three copies of a repeated eigenvalue are there", async () => {
  const krylov = await steps(21, 3);
  const all = [...krylov.basis, ...krylov.pending];
  all.forEach((p, i) => all.forEach((q, j) => expect(Math.abs(dot(p, q) - (i === j ? 1 : 0))).toBeLessThan(1e-13)));
  expect(await mismatch(krylov)).toBeLessThan(1e-12);
  const threefold = withSpectrum([5, 5, 5, 4, 3, ...Array.from({ length: 45 }, (_, i) => Math.sin(i) / 10)]);
  const block = startFrom([fresh([])]);
  block.pending.push(fresh(block.pending));
  block.pending.push(fresh(block.pending));
  await advance(block, 24, threefold);
  const { values } = ritz(block);
  [5, 5, 5, 4].forEach((value, k) => expect(values[k]).toBeCloseTo(value, 8));
});

test("a block that meets an invariant subspace goes on with fewer vectors, then in a fresh direction", async () => {
  const rankTwo = withSpectrum([2, 1, ...new Array<number>(48).fill(0)]);
  const krylov = await steps(0, 2);
  let invariant = 0;
  for (let step = 0; step < 12; step++) if (extend(krylov, await rankTwo.apply(krylov.pending[0]!), fresh)) invariant++;
  expect(invariant).toBeGreaterThan(4);
  expect(krylov.pending.length).toBe(1);
  const { values } = ritz(krylov);
  expect([values[0], values[1]]).toEqual([expect.closeTo(2, 10), expect.closeTo(1, 10)]);
});

test("a thick restart keeps that relation, and the Ritz pairs it kept", async () => {
  const before = await steps(20);
  const pairs = ritz(before);
  const after = restart(before, pairs.vectors.slice(0, 6));
  await advance(after, 2);
  expect(await mismatch(after)).toBeLessThan(1e-12);
  expect(ritz(after).values[0]).toBeGreaterThanOrEqual(pairs.values[0]! - 1e-12);
});

test("the residual without a product is the residual with one, before and after restarts", async () => {
  const krylov = await steps(16);
  const thick = restart(krylov, ritz(krylov).vectors.slice(0, 5));
  await advance(thick, 4);
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
  const renewed = restart(krylov, kept, (basis) => [fresh(basis)]);
  await advance(renewed, 4);
  const pairs = ritz(renewed);
  for (const [k, s] of pairs.vectors.entries()) {
    const measured = await measuredResidual(renewed, pairs.values[k]!, s);
    expect(residual(renewed, pairs.values[k]!, s).total).toBeGreaterThan(measured - 1e-10);
  }
});

test("asymmetry of the operator shows in the residuals", async () => {
  const skew = new Float64Array(operator.matrix);
  skew[3 * 50 + 7]! += 1;
  const krylov = startFrom([fresh([])]);
  await advance(krylov, 50, dense(skew, 50));
  const pairs = ritz(krylov);
  const worst = Math.max(...pairs.vectors.map((s, k) => residual(krylov, pairs.values[k]!, s).total));
  expect(worst).toBeGreaterThan(0.01);
});

import * as tf from "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { gram, type Gram } from "../../src/index.js";
import { fixtureModel, fixturesDirectory, readFixture } from "../fixtures.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow"]);

if (!fixturesDirectory) {
  console.warn("SGDSCOPE_TORCH_FIXTURES_DIR is not set: comparisons of Gram matrices with PyTorch are skipped");
}

interface Alignment {
  mu: number;
  alpha: number;
  beta: number;
}
interface Exact {
  G_trace: number;
  G_fro: number;
  G_top10: number[];
  align: Alignment;
  align_uncentered: Alignment;
  layers_blockdiag: Record<string, { G_trace: number; G_fro: number }>;
}

const within = (found: number, expected: number, tolerance: number): void =>
  expect(Math.abs(found / expected - 1)).toBeLessThan(tolerance);

describe.skipIf(!fixturesDirectory).each(backends)("K against PyTorch on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
    await tf.setBackend(backend);
  });

  describe.each(["tiny_init", "tiny_interp"])("for %s", (name) => {
    let k: Gram;
    let exact: Exact;
    let residuals: Float64Array;
    beforeAll(async () => {
      const fixture = readFixture(name);
      const [params, x, y] = [fixture.params(), fixture.x(), fixture.targets()];
      k = await gram(fixtureModel, params, x, { perParameter: true });
      exact = fixture.exact as unknown as Exact;
      // Residuals of a minimum are rounding errors in Float32.
      const targets = await y.data();
      residuals = Float64Array.from(fixture.array("logits64").data, (logit, at) => logit - targets[at]!);
      tf.dispose([params, x, y]);
    });

    it("has the trace, norm and largest eigenvalues of G", () => {
      const { examples, outputs, gram: matrix } = k;
      const size = examples * outputs;
      within(trace(matrix, size) / examples, exact.G_trace, 1e-4);
      within(Math.hypot(...matrix) / examples, exact.G_fro, 1e-4);
      largestEigenvalues(matrix, size, 5).forEach((value, i) => within(value / examples, exact.G_top10[i]!, 1e-4));
    });

    it("has the diagonal blocks of G in the parts of its parameters", () => {
      const size = k.examples * k.outputs;
      expect(Object.keys(k.parameters!)).toEqual(Object.keys(exact.layers_blockdiag));
      for (const [parameter, block] of Object.entries(exact.layers_blockdiag)) {
        const part = k.parameters![parameter]!;
        within(trace(part, size) / k.examples, block.G_trace, 1e-4);
        within(Math.hypot(...part) / k.examples, block.G_fro, 1e-4);
      }
    });

    it("gives the alignment of gradient noise", () => {
      const { centred, uncentred } = alignment(k, residuals);
      for (const key of ["mu", "alpha", "beta"] as const) {
        within(centred[key], exact.align[key], 1e-3);
        within(uncentred[key], exact.align_uncentered[key], 1e-3);
      }
    });
  });
});

const trace = (matrix: Float64Array, size: number): number => {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += matrix[i * size + i]!;
  return sum;
};

/** Subspace iteration: power steps on several vectors, made orthonormal after each. */
function largestEigenvalues(matrix: Float64Array, size: number, count: number): number[] {
  const vectors = Array.from({ length: 2 * count }, (_, v) =>
    Float64Array.from({ length: size }, (__, i) => Math.sin((v + 1) * (i + 1))),
  );
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const times = (vector: Float64Array): Float64Array =>
    vector.map((_, i) => dot(matrix.subarray(i * size, (i + 1) * size), vector));
  const orthonormal = (): void => {
    vectors.forEach((vector, v) => {
      for (const other of vectors.slice(0, v)) {
        const overlap = dot(vector, other);
        for (let i = 0; i < size; i++) vector[i]! -= overlap * other[i]!;
      }
      const norm = Math.sqrt(dot(vector, vector));
      for (let i = 0; i < size; i++) vector[i]! /= norm;
    });
  };
  for (let step = 0; step < 60; step++) {
    orthonormal();
    vectors.forEach((vector) => vector.set(times(vector)));
  }
  orthonormal();
  return vectors.slice(0, count).map((vector) => dot(vector, times(vector)));
}

/** μ, α and β of Σ and of Σ₁ from K and r, with C outputs: Tr(Σ₁G) = Σᵢⱼ‖Kⱼᵢrᵢ‖²/n², ‖Σ₁‖² = Σᵢⱼ(rᵢᵀKᵢⱼrⱼ)²/n², … */
function alignment(
  { gram: matrix, examples: n, outputs: c }: Gram,
  r: Float64Array,
): { centred: Alignment; uncentred: Alignment } {
  const size = n * c;
  let [traceUncentred, normUncentred, gradientNorm] = [0, 0, 0];
  const mean = new Float64Array(size);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let inner = 0;
      for (let b = 0; b < c; b++) {
        let image = 0;
        for (let a = 0; a < c; a++) image += matrix[(j * c + b) * size + i * c + a]! * r[i * c + a]!;
        traceUncentred += image ** 2 / n ** 2;
        mean[j * c + b]! += image / n;
        inner += r[j * c + b]! * image;
      }
      normUncentred += inner ** 2 / n ** 2;
      gradientNorm += inner / n ** 2;
    }
  }
  let [curvature, noiseAlongGradient] = [0, 0];
  for (let j = 0; j < n; j++) {
    let inner = 0;
    for (let b = 0; b < c; b++) {
      curvature += mean[j * c + b]! ** 2 / n;
      inner += r[j * c + b]! * mean[j * c + b]!;
    }
    noiseAlongGradient += inner ** 2 / n;
  }
  const twiceLoss = r.reduce((sum, value) => sum + value ** 2, 0) / n;
  const norm = Math.hypot(...matrix) / n;
  const factors = (traceNoise: number, noiseNorm: number): Alignment => ({
    mu: traceNoise / (twiceLoss * norm ** 2),
    alpha: traceNoise / (noiseNorm * norm),
    beta: noiseNorm / (twiceLoss * norm),
  });
  return {
    centred: factors(traceUncentred - curvature, Math.sqrt(normUncentred - 2 * noiseAlongGradient + gradientNorm ** 2)),
    uncentred: factors(traceUncentred, Math.sqrt(normUncentred)),
  };
}

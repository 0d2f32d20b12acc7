import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { gaussNewtonOperator, hessianOperator } from "../../src/index.js";
import { dot, fixtureModel, fixturesDirectory, readFixture } from "../fixtures.js";

const backends = await backendsUnderTest(["wasm", "tensorflow"]);

if (fixturesDirectory === undefined) {
  console.warn("autodiff: skips the spectra of PyTorch, since SGDSCOPE_TORCH_FIXTURES_DIR is not set");
}

// Hundreds of products each; seconds on a quiet machine.
vi.setConfig({ testTimeout: 240_000 });

describe.skipIf(fixturesDirectory === undefined).each(backends)("CNNs on %s, as in PyTorch", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
  });

  it("small_mid has PyTorch's largest eigenvalue", async () => {
    const fixture = readFixture("small_mid");
    const params = fixture.params();
    const [inputs, targets] = [fixture.x(), fixture.targets()];
    const { apply, dispose } = hessianOperator(fixtureModel, params, { inputs, targets });
    let vector: Float64Array = Float64Array.from(fixture.array("v0").data);
    let value = 0;
    for (let iteration = 0; iteration < 40; iteration++) {
      const norm = Math.sqrt(dot(vector, vector));
      const image = await apply(vector.map((each) => each / norm));
      const next = dot(vector, image) / norm;
      const converged = Math.abs(next - value) < 1e-5 * next;
      [vector, value] = [image, next];
      if (converged) break;
    }
    expect(Math.abs(value / fixture.scalars.lambda_max64 - 1)).toBeLessThan(1e-4);
    dispose();
    tf.dispose([params, inputs, targets]);
  });

  it.each(["tiny_init", "tiny_interp"])("%s has the exact trace, norm and top eigenvalues of H and G", async (name) => {
    const fixture = readFixture(name);
    const before = tf.memory().numTensors;
    const params = fixture.params();
    const [inputs, targets] = [fixture.x(), fixture.targets()];
    for (const [operator, trace, norm, top] of [
      [hessianOperator, fixture.exact.H_trace, fixture.exact.H_fro, fixture.exact.H_top10],
      [gaussNewtonOperator, fixture.exact.G_trace, fixture.exact.G_fro, fixture.exact.G_top10],
    ] as const) {
      const { size, applyBlock, dispose } = operator(fixtureModel, params, { inputs, targets });
      const units = Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (__, j) => +(i === j)));
      const columns = await applyBlock(units);
      dispose();
      const diagonal = columns.reduce((sum, column, i) => sum + column[i]!, 0);
      const frobenius = Math.sqrt(columns.reduce((sum, column) => sum + dot(column, column), 0));
      const asymmetry = columns.reduce(
        (worst, column, i) => column.reduce((most, each, j) => Math.max(most, Math.abs(each - columns[j]![i]!)), worst),
        0,
      );
      expect(Math.abs(diagonal / trace - 1)).toBeLessThan(1e-5);
      expect(Math.abs(frobenius / norm - 1)).toBeLessThan(1e-5);
      expect(asymmetry).toBeLessThan(1e-5);
      topEigenvalues(columns, 3).forEach((value, i) => expect(Math.abs(value / top[i]! - 1)).toBeLessThan(1e-5));
    }
    tf.dispose([params, inputs, targets]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
/** The largest eigenvalues of a dense symmetric matrix whose largest ones are positive, by power iteration and deflation. */
function topEigenvalues(columns: readonly Float64Array[], count: number): number[] {
  const found: { value: number; vector: Float64Array }[] = [];
  // Far enough from the negative end that the largest in size is the largest.
  const shift = 10;
  while (found.length < count) {
    let vector = Float64Array.from(columns, (_, i) => Math.sin(1 + i));
    let value = 0;
    for (let iteration = 0; iteration < 3000; iteration++) {
      for (const known of found) {
        const overlap = dot(vector, known.vector);
        vector = vector.map((each, i) => each - overlap * known.vector[i]!);
      }
      const norm = Math.sqrt(dot(vector, vector));
      vector = vector.map((each) => each / norm);
      const image = Float64Array.from(columns, (column) => dot(column, vector));
      const next = dot(vector, image);
      const converged = Math.abs(next - value) < 1e-10;
      value = next;
      if (converged) break;
      vector = image.map((each, i) => each + shift * vector[i]!);
    }
    found.push({ value, vector });
  }
  return found.map(({ value }) => value);
}

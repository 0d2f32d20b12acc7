import { gramSystem } from "@sgdscope/autodiff";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { rankToleranceOf } from "@sgdscope/analysis";
import { noiseStructure } from "@sgdscope/noise-structure";
import { exactThreshold, prepareMinimum, type Sampling } from "@sgdscope/stability-criterion";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { repetitions } from "../../../tooling/soak.js";
import { close, fixture, present } from "./torch-fixture.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow"]);

describe.skipIf(!present).each(backends)("the whole way to the threshold on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
  });

  it.each([
    ["tiny_init", 1e-5],
    ["tiny_interp", 2e-3], // at L = 6e-15 the residuals are Float32 rounding: only their scale can agree
  ])("gives trace, norm, spectrum and alignment of %s as PyTorch does in double precision", async (name, tolerance) => {
    const { model, params, data, exact } = fixture(name);
    const tensors = tf.memory().numTensors;
    const noise = noiseStructure(await gramSystem(model, params, data.inputs, data.targets), { eigenvalues: 10 });
    expect(tf.memory().numTensors).toBe(tensors);
    close(noise.traceG, exact.G_trace, 1e-5);
    close(noise.frobeniusG, exact.G_fro, 1e-5);
    exact.G_top10.forEach((value, k) => close(noise.eigenvalues[k], value, 1e-4));
    if (name === "tiny_init") {
      close(noise.loss, exact.loss, 1e-5);
      close(noise.alignmentFactor, exact.align.mu, tolerance);
      close(noise.directionAlignment, exact.align.alpha, tolerance);
      close(noise.noiseMagnitude, exact.align.beta, tolerance);
      close(noise.traceNoise, exact.tr_Sigma, tolerance);
    }
    tf.dispose(params);
  });

  it("gives the exact threshold of tiny_interp for every batch size and sampling", async () => {
    const { model, params, data, exact } = fixture("tiny_interp");
    const system = await gramSystem(model, params, data.inputs, data.targets);
    const minimum = prepareMinimum(system, { rankTolerance: rankToleranceOf({ precision: "float32" }) });
    const largest = backend === "wasm" ? repetitions(1, Infinity) : 1; // the theory is the same code on every backend
    for (const [key, { eta_star: expected }] of Object.entries(exact.mean_square_stability!)) {
      const [batchSize, mode] = key.split("_") as [string, string];
      if (Number(batchSize) > largest) continue;
      const sampling: Sampling = mode === "replace" ? "with-replacement" : "without-replacement";
      close(exactThreshold(minimum, { batchSize: Number(batchSize), sampling }).criticalLearningRate, expected, 1e-5);
    }
    tf.dispose(params);
  });
});

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gramSystem, gaussNewtonOperator, hessianOperator } from "@sgdscope/autodiff";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { exactTraceAndNorm } from "@sgdscope/hessian-estimators";
import { rankToleranceOf } from "@sgdscope/analysis";
import { modelFromConfig } from "@sgdscope/models-cnn";
import { noiseStructure } from "@sgdscope/noise-structure";
import { exactThreshold, prepareMinimum, type Sampling } from "@sgdscope/stability-criterion";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { repetitions } from "../../../tooling/soak.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow"]);

const folder = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"];
const present = folder !== undefined && existsSync(folder);
if (!present) console.warn("PyTorch references: skipped, SGDSCOPE_TORCH_FIXTURES_DIR names no folder");

interface Exact {
  loss: number;
  G_trace: number;
  G_fro: number;
  H_trace?: number;
  H_fro?: number;
  G_top10: number[];
  tr_Sigma: number;
  align: { mu: number; alpha: number; beta: number };
  mean_square_stability?: Record<string, { eta_star: number }>;
}

/** The small CNN of the references with their weights and data. */
function fixture(name: string) {
  const manifest = JSON.parse(readFileSync(join(folder!, `${name}.bin`, "manifest.json"), "utf8")) as Record<
    string,
    { shape: number[]; file: string }
  >;
  const bytes = (array: string): ArrayBuffer => {
    const { file } = manifest[array]!;
    return Uint8Array.from(readFileSync(join(folder!, file.includes("/") ? file : join(`${name}.bin`, file)))).buffer;
  };
  const [size, height, width] = manifest["x"]!.shape as [number, number, number];
  const channels = [manifest["conv1.kernel"]!.shape[3]!, manifest["conv2.kernel"]!.shape[3]!];
  const model = modelFromConfig({ kind: "small-cnn", inputShape: [height, width, 3], channels, outputs: 10 } as never);
  const params = Object.fromEntries(
    model.parameters.map(({ name: parameter, shape }) => [
      parameter,
      tf.tensor(new Float32Array(bytes(parameter)), shape, "float32"),
    ]),
  );
  const targets = new Float32Array(size * 10);
  new Int32Array(bytes("labels")).forEach((label, i) => (targets[i * 10 + label] = 1));
  const inputs = new Float32Array(bytes("x"));
  const exact = JSON.parse(readFileSync(join(folder!, `${name}.exact.json`), "utf8")) as Exact;
  return { model, params, data: { size, inputShape: [height, width, 3], outputs: 10, inputs, targets }, exact };
}

const close = (value: number | undefined, expected: number, relative: number): void =>
  expect(Math.abs(value! - expected) / Math.abs(expected)).toBeLessThan(relative);

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

  // Pure JavaScript takes minutes for these; its products are compared one by one in autodiff.
  it.skipIf(backend === "cpu")("gives the exact trace and norm of the Hessian from 738 products", async () => {
    const { model, params, data, exact } = fixture("tiny_init");
    const hessian = hessianOperator(model, params, data);
    const { trace, norm } = await exactTraceAndNorm(hessian);
    close(trace.value, exact.H_trace ?? exact.G_trace, 1e-4);
    close(norm.value, exact.H_fro!, 1e-4);
    const gaussNewton = gaussNewtonOperator(model, params, data);
    const ofG = await exactTraceAndNorm(gaussNewton);
    close(ofG.trace.value, exact.G_trace, 1e-4);
    close(ofG.norm.value, exact.G_fro, 1e-4);
    hessian.dispose();
    gaussNewton.dispose();
    tf.dispose(params);
  });
});

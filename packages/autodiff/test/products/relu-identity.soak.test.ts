import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import {
  blockNorms,
  gaussNewtonBlocks,
  gaussNewtonOperator,
  gram,
  hessianBlock,
  hessianOperator,
  type BlockNorms,
} from "../../src/index.js";
import { fixtureModel, fixturesDirectory, readFixture, relativeError } from "../fixtures.js";
import { values } from "../second-order/conformance.js";

if (fixturesDirectory === undefined) {
  console.warn("autodiff: skips the identities of ReLU networks, since SGDSCOPE_TORCH_FIXTURES_DIR is not set");
}

// Hundreds of products each; seconds on a quiet machine.
vi.setConfig({ testTimeout: 240_000 });

const within = (found: number, expected: number, tolerance: number): void =>
  expect(Math.abs(found / expected - 1), `${found} against ${expected}`).toBeLessThan(tolerance);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const diagonal = ({ squaredNorms }: BlockNorms): number[] => squaredNorms.map((row, a) => row[a]!.value);
const whole = ({ squaredNorms }: BlockNorms): number => Math.sqrt(sum(squaredNorms.flat().map(({ value }) => value)));

/**
 * The outputs of a ReLU network are piecewise linear in the parameters of any one layer (or part of one), so that within it H is
 * G: the trace and these blocks of H are known exactly from first derivatives.
 */
describe.skipIf(fixturesDirectory === undefined)("a ReLU network", () => {
  beforeAll(async () => {
    await prepareBackend("wasm");
  });

  it.each(["tiny_init", "tiny_interp"])("%s has the blocks of G within its parameters, in H too", async (name) => {
    const fixture = readFixture(name);
    const before = tf.memory().numTensors;
    const params = fixture.params();
    const [inputs, targets] = [fixture.x(), fixture.targets()];
    const groups = Object.fromEntries(Object.keys(params).map((parameter) => [parameter, [parameter]]));
    const [hessian, gaussNewton] = [
      hessianOperator(fixtureModel, params, { inputs, targets }),
      gaussNewtonOperator(fixtureModel, params, { inputs }),
    ];
    const ofH = await blockNorms(hessian, { groups });
    const ofG = await blockNorms(gaussNewton, { groups });
    hessian.dispose();
    gaussNewton.dispose();
    ofH.groups.forEach((parameter, a) => {
      const { G_trace, G_fro } = fixture.exact.layers_blockdiag[parameter]!;
      for (const found of [ofH, ofG]) {
        within(found.traces[a]!.value, G_trace, 1e-5);
        within(Math.sqrt(diagonal(found)[a]!), G_fro, 1e-5);
      }
    });
    // The blocks sum to the whole, which for H is not that of G at initialisation.
    within(sum(ofH.traces.map(({ value }) => value)), fixture.exact.H_trace, 1e-5);
    within(whole(ofH), fixture.exact.H_fro, 1e-5);
    within(whole(ofG), fixture.exact.G_fro, 1e-5);
    // The outputs are linear in the last bias with factor one: its block is the identity.
    const bias = ofH.groups.indexOf("dense.bias");
    within(ofH.traces[bias]!.value, 10, 1e-6);
    within(diagonal(ofH)[bias]!, 10, 1e-6);
    tf.dispose([params, inputs, targets]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("small_mid has PyTorch's trace and blocks of G, so the trace of H, from its Gram matrix", async () => {
    const fixture = readFixture("small_mid");
    const params = fixture.params();
    const x = fixture.x();
    const parts = await gram(fixtureModel, params, x, { perParameter: true });
    const groups = Object.fromEntries(Object.keys(params).map((parameter) => [parameter, [parameter]]));
    const found = gaussNewtonBlocks(parts, groups);
    found.groups.forEach((parameter, a) => {
      const { G_trace, G_fro } = fixture.exact.layers_blockdiag[parameter]!;
      within(found.traces[a]!, G_trace, 1e-5);
      within(Math.sqrt(found.squaredNorms[a]![a]!), G_fro, 1e-5);
    });
    within(sum(found.traces), fixture.exact.G_trace, 1e-5);
    within(Math.sqrt(sum(found.squaredNorms.flat())), fixture.exact.G_fro, 1e-5);
    tf.dispose([params, x]);
  });

  it("small_mid has the same products with H and G within a layer", async () => {
    const fixture = readFixture("small_mid");
    const params = fixture.params();
    const [inputs, targets] = [fixture.x(), fixture.targets()];
    const rows = ["conv2.kernel", "conv2.bias"];
    const ofH = hessianBlock(fixtureModel, params, { inputs, targets }, { rows, columns: rows });
    const ofG = gaussNewtonOperator(fixtureModel, params, { inputs }, { parameters: rows });
    const v = Float64Array.from(values(ofG.size, 1));
    expect(relativeError(await ofH.apply(v), await ofG.apply(v))).toBeLessThan(5e-6);
    ofH.dispose();
    ofG.dispose();
    tf.dispose([params, inputs, targets]);
  });
});

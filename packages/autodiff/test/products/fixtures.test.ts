import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { flatten, hessianAt, hessianOperator, squareLoss, unflatten } from "../../src/index.js";
import { dot, fixtureModel, fixturesDirectory, readFixture, relativeError } from "../fixtures.js";

const backends = await backendsUnderTest(["wasm", "tensorflow"]);

if (fixturesDirectory === undefined) {
  console.warn("autodiff: skips the comparison with PyTorch, since SGDSCOPE_TORCH_FIXTURES_DIR is not set");
}

const float64 = (data: ArrayLike<number> & Iterable<number>): Float64Array => Float64Array.from(data);

describe.skipIf(fixturesDirectory === undefined).each(backends)("CNNs on %s, as in PyTorch", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
  });

  it.each(["tiny_init", "tiny_interp", "small_mid"])("%s has PyTorch's gradient and H·v", async (name) => {
    const fixture = readFixture(name);
    const before = tf.memory().numTensors;
    const params = fixture.params();
    if (name === "small_mid") {
      // One pre-activation of channel 3 lies 3e-8 from its kink, closer than Float32 can tell: this moves it off, by less
      // than the second closest.
      const shift = tf.tensor1d(Float32Array.from({ length: 16 }, (_, i) => (i === 3 ? -4e-7 : 0)));
      const bias = params["conv1.bias"]!;
      params["conv1.bias"] = tf.add(bias, shift);
      tf.dispose([bias, shift]);
    }
    const [x, y] = [fixture.x(), fixture.targets()];
    const hessian = hessianAt((at) => squareLoss(fixtureModel, at, x, y), params);
    if (name !== "tiny_interp") {
      // At a global minimum the gradient is what rounding leaves of zero.
      const gradient = await flatten(hessian.gradient);
      expect(relativeError(gradient, fixture.array("grad64").data)).toBeLessThan(1e-5);
      expect((await hessian.value.data())[0]).toBeCloseTo(fixture.scalars.loss64, 6);
    }
    const probe0 = fixture.array("probes").data;
    for (const [direction, expected] of [
      [float64(fixture.array("v0").data), "hvp_v0_64"],
      [float64(probe0).slice(0, fixture.array("theta").data.length), "hvp_probe0_64"],
    ] as const) {
      const v = unflatten(direction, params);
      const product = hessian.product(v);
      expect(relativeError(await flatten(product), fixture.array(expected).data)).toBeLessThan(5e-6);
      tf.dispose([v, product]);
    }
    hessian.dispose();
    tf.dispose([params, x, y]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(["tiny_init", "tiny_interp"])("%s has PyTorch's vᵀHv and ‖Hv‖² for every probe", async (name) => {
    const fixture = readFixture(name);
    const params = fixture.params();
    const [inputs, targets] = [fixture.x(), fixture.targets()];
    const hessian = hessianOperator(fixtureModel, params, { inputs, targets });
    const probes = float64(fixture.array("probes").data);
    const [quadratic, squared] = [fixture.array("vHv64").data, fixture.array("Hv2_64").data];
    for (let probe = 0; probe < 32; probe++) {
      const v = probes.subarray(probe * hessian.size, (probe + 1) * hessian.size);
      const product = await hessian.apply(v);
      expect(Math.abs(dot(v, product) / quadratic[probe]! - 1)).toBeLessThan(1e-5);
      expect(Math.abs(dot(product, product) / squared[probe]! - 1)).toBeLessThan(1e-5);
    }
    hessian.dispose();
    tf.dispose([params, inputs, targets]);
  });
});

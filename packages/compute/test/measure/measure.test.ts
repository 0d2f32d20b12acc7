import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { describeEnvironment, measureThroughput, prepareBackend } from "@sgdscope/compute";

describe("measureThroughput", () => {
  it("gives a positive speed for each operation and leaves nothing behind", async () => {
    await prepareBackend("wasm");
    const before = tf.memory().numTensors;
    const { backend, ...speeds } = await measureThroughput({ milliseconds: 5 });
    expect(backend).toBe("wasm");
    expect(Object.keys(speeds)).toEqual([
      "matMul",
      "matMulTransposed",
      "conv2d",
      "conv2dFilterGradient",
      "conv2dInputGradient",
    ]);
    for (const speed of Object.values(speeds)) expect(speed).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("describeEnvironment", () => {
  it("tells where it runs and which backends work, and keeps the current one", async () => {
    await prepareBackend("cpu");
    const environment = await describeEnvironment();
    expect(environment).toMatchObject({ runtime: "node", runtimeVersion: process.versions.node });
    expect(environment.cores).toBeGreaterThan(0);
    const byName = Object.fromEntries(environment.backends.map((each) => [each.name, each]));
    expect(Object.keys(byName)).toEqual(["tensorflow-gpu", "tensorflow", "webgpu", "wasm", "cpu"]);
    expect(byName["wasm"]).toEqual({ name: "wasm", installed: true, version: "4.22.0", working: true });
    expect(byName["cpu"]).toMatchObject({ installed: true, working: true });
    for (const { installed, install, working } of environment.backends) {
      expect(typeof working).toBe("boolean");
      if (!installed) expect(install).toMatch(/^(npm install|npx -p @sgdscope\/compute) /);
    }
    expect(tf.getBackend()).toBe("cpu");
    expect(JSON.parse(JSON.stringify(environment))).toEqual(environment);
  });

  it("loads nothing where it is asked not to", async () => {
    const { backends } = await describeEnvironment({ tryBackends: false });
    expect(backends.filter(({ installed }) => installed).every(({ working }) => working === undefined)).toBe(true);
  });
});

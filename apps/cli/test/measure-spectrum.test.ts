import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { gramOfRows, symmetricEigenvalues, transpose } from "@sgdscope/linear-algebra";
import { saveLayersModel } from "@sgdscope/models-cnn/layers-model";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sgdscope, type Outcome } from "./support.js";

const [n, d] = [40, 60];
let folder: string;
const at = (name: string): string => join(folder, name);
/** Columns of decaying size: eigenvalues over three decades. */
const inputs = Float32Array.from(gaussian(n * d, seededRandom(3)), (x, k) => x * 0.9 ** (k % d));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-spectrum-"));
  const random = seededRandom(4);
  await writeArrays(at("data.npz"), {
    x: { shape: [n, d], data: inputs },
    y: { shape: [n], data: Float32Array.from(gaussian(n, random)) },
  });
  const save = async (name: string, layers: tf.layers.Layer[]): Promise<void> => {
    const model = tf.sequential({ layers });
    await saveLayersModel(model, at(name));
    model.dispose();
  };
  const kernelInitializer = tf.initializers.glorotNormal({ seed: 2 });
  const linear = { units: 1, useBias: false, inputShape: [d], kernelInitializer };
  await save("linear", [tf.layers.dense(linear)]);
  const kernelRegularizer = tf.regularizers.l1l2({ l1: 0.25, l2: 0.5 });
  await save("decayed", [tf.layers.dense({ ...linear, kernelRegularizer })]);
  await save("curved", [
    tf.layers.dense({ units: 3, activation: "tanh", inputShape: [d], kernelInitializer, useBias: false }),
    tf.layers.dense({ units: 1, kernelInitializer, useBias: false }),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Those of XᵀX/n, the Hessian of a linear model, in Float64. */
const eigenvalues = (): Float64Array =>
  symmetricEigenvalues(gramOfRows(transpose(Float64Array.from(inputs), n, d), d, n), d).map((value) => value / n);

interface Spectral {
  hessian: { trace: { value: number } };
  gaussNewton: { trace: { value: number } };
  density: null | {
    exact: boolean;
    matvecs: number;
    scale: number;
    ranges: {
      above?: number;
      upTo?: number;
      count: { value: number; standardError: number; atLeast: number; atMost: number };
    }[];
    curve: { grid: number[]; density: number[] };
  };
  logDeterminant: null | Record<
    "gaussNewton" | "hessian",
    { value: number; standardError: number; undefined?: string }
  >;
  traceIdentity: { holds: boolean };
  analysis: null | { conditions: { marks: { id: string }[] }[] };
}
const bothOf = (found: Spectral["logDeterminant"]) => [found!.gaussNewton, found!.hessian];
const measure = (model: string, ...more: string[]): Promise<Outcome> =>
  sgdscope(
    ...["measure", "--backend", "cpu", "--quiet", "--model", at(model)],
    ...["--inputs", `${at("data.npz")}:x`, "--targets", `${at("data.npz")}:y`, ...more],
  );
async function measured(model: string, ...more: string[]): Promise<Spectral> {
  const { stdout, stderr, exitCode } = await measure(model, "--json", ...more);
  expect([stderr, exitCode]).toEqual(["", 0]);
  return JSON.parse(stdout) as Spectral;
}

describe("measure --density", () => {
  it("counts every eigenvalue where all columns are affordable", async () => {
    const { density } = await measured("linear", "--density", "--products", "60");
    const { exact, matvecs, ranges, scale, curve } = density!;
    expect([exact, matvecs]).toEqual([true, 60]);
    const all = eigenvalues();
    expect(scale / all[0]!).toBeCloseTo(1, 5);
    for (const { above = -Infinity, upTo = Infinity, count } of ranges) {
      const inside = all.filter((value) => value > above && value <= upTo).length;
      expect([count.atLeast, count.atMost, count.standardError]).toEqual([inside, inside, 0]);
    }
    expect(ranges.reduce((sum, { count }) => sum + count.value, 0)).toBe(d);
    const step = curve.grid[1]! - curve.grid[0]!;
    expect(curve.density.reduce((sum, value) => sum + value * step, 0)).toBeCloseTo(1, 3);
  });

  it("estimates them within the budget, with errors, from a seed", async () => {
    const asked = ["--density", "--products", "50", "--seed", "7"];
    const { density } = await measured("linear", ...asked);
    const { exact, matvecs, ranges } = density!;
    expect([exact, matvecs]).toEqual([false, 50]);
    const all = eigenvalues();
    for (const { above = -Infinity, upTo = Infinity, count } of ranges) {
      const inside = all.filter((value) => value > above && value <= upTo).length;
      expect(count.atLeast).toBeLessThanOrEqual(inside);
      expect(count.atMost).toBeGreaterThanOrEqual(inside);
    }
    expect(ranges.reduce((sum, { count }) => sum + count.value, 0)).toBeCloseTo(d, 6);
    expect((await measured("linear", ...asked)).density).toEqual(density);
    expect((await measured("linear", "--density", "--products", "50", "--seed", "8")).density).not.toEqual(density);
  });

  it("prints a table, and is left out unless asked for", async () => {
    const { stdout } = await measure("linear", "--density", "--products", "50");
    expect(stdout).toContain(
      "Spectral density of H, by stochastic Lanczos quadrature, 10 probes of 5 steps, 50 products",
    );
    expect(stdout).toMatch(/−[\d.]+ … [\d.]+, near 0 +0 +0 … \d+ +0 %/);
    expect((await measure("linear", "--density", "--products", "60")).stdout).toContain("from all 60 columns of H");
    expect((await measured("linear")).density).toBeNull();
  });

  it("needs enough products for a quadrature", async () => {
    const { exitCode, stderr } = await measure("linear", "--density", "--products", "29");
    expect(stderr).toContain("error: --products: the spectrum needs at least 30");
    expect(exitCode).toBe(2);
  });
});

describe("measure --log-determinant", () => {
  const shift = 0.05;
  const expected = (): number => eigenvalues().reduce((sum, value) => sum + Math.log(value + shift), 0);

  it("is exact for G from the Gram matrix, and for H from all columns", async () => {
    const { logDeterminant } = await measured("linear", "--log-determinant", String(shift), "--products", "60");
    for (const { value, standardError } of bothOf(logDeterminant)) {
      expect(Math.abs(value - expected())).toBeLessThan(3e-3);
      expect(standardError).toBeGreaterThan(0);
      expect(standardError).toBeLessThan(3e-3);
    }
  });

  it("is estimated for both without a Gram matrix, with an error that holds", async () => {
    const { logDeterminant } = await measured(
      ...(["linear", "--log-determinant", String(shift), "--products", "59", "--per-example", "none"] as const),
    );
    for (const { value, standardError } of bothOf(logDeterminant)) {
      expect(standardError).toBeGreaterThan(1e-3);
      expect(Math.abs(value - expected())).toBeLessThan(4 * standardError);
    }
  });

  it("is refused where the matrix is not positive definite, and says which", async () => {
    const asked = ["--log-determinant", "1e-4", "--products", "200"];
    const { logDeterminant } = await measured("curved", ...asked);
    expect(logDeterminant!.hessian.undefined).toMatch(/an eigenvalue is at most -.*not positive definite/);
    expect(logDeterminant!.gaussNewton.value).toBeLessThan(0);
    expect((await measure("curved", ...asked)).stdout).toMatch(/log det\(H \+ εI\), ε = 0\.0001: not defined: /);
    const { exitCode, stderr } = await measure("linear", "--log-determinant", "0");
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("--log-determinant")]);
  });
});

describe("measure --regularizers include", () => {
  it("adds the penalty to H, and leaves G, the loss and the thresholds alone", async () => {
    const asked = ["--density", "--products", "60", "--learning-rate", "0.01"];
    const [without, included] = [
      await measured("decayed", ...asked),
      await measured("decayed", ...asked, "--regularizers", "include"),
    ];
    // ∇² of 0.25‖w‖₁ + 0.5‖w‖² is the identity.
    expect(included.hessian.trace.value - without.hessian.trace.value).toBeCloseTo(d, 3);
    expect(included.gaussNewton).toEqual(without.gaussNewton);
    expect(included.traceIdentity.holds).toBe(false);
    expect(without.traceIdentity.holds).toBe(true);
    expect(included.analysis!.conditions[0]!.marks.map(({ id }) => id)).toContain("regularizers");
    expect(without.analysis!.conditions[0]!.marks.map(({ id }) => id)).not.toContain("regularizers");
    const { stdout } = await measure("decayed", ...asked, "--regularizers", "include");
    expect(stdout).toContain("H is that of L + R, with the penalty R of the model's regularizers");
    expect(stdout).toContain("the model felt half this penalty beside L");
  });

  it("is refused where there is none", async () => {
    const { exitCode, stderr } = await measure("linear", "--regularizers", "include");
    expect(stderr).toContain("error: --regularizers include: the model has no regularizers of weights");
    expect(exitCode).toBe(2);
  });
});

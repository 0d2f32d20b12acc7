import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { deepLinear } from "@sgdscope/models-rfm";
import { alignedStart, driftDiffusion, modeDynamics } from "@sgdscope/models-rfm/deep-linear";

describe("driftDiffusion", () => {
  const model = deepLinear({ inputs: 3, outputs: 2, depth: 2, width: 4 });
  const theta = model.init(seededRandom(1));
  const [X, y] = [gaussian(15, seededRandom(2)), gaussian(10, seededRandom(3))];

  it("is ‖∇L‖ and √((η/B)·Σ‖∇L − ∇ℓᵢ‖²/(n − 1)), from the Jacobian", () => {
    const J = model.jacobian(theta, X);
    const r = model.residuals(theta, X, y);
    const P = model.parameters;
    const gradients = Array.from({ length: 5 }, (_, i) =>
      Float64Array.from(
        { length: P },
        (__, k) => r[2 * i]! * J[2 * i * P + k]! + r[2 * i + 1]! * J[(2 * i + 1) * P + k]!,
      ),
    );
    const mean = gradients[0]!.map((_, k) => gradients.reduce((sum, g) => sum + g[k]! / 5, 0));
    const spread = gradients.reduce(
      (sum, g) => sum + g.reduce((part, value, k) => part + (value - mean[k]!) ** 2, 0),
      0,
    );
    const found = driftDiffusion(model, theta, { X, y }, { learningRate: 0.3, batchSize: 2 });
    expect(found.drift / Math.hypot(...mean)).toBeCloseTo(1, 13);
    expect(found.diffusion / Math.sqrt((0.15 * spread) / 4)).toBeCloseTo(1, 13);
    expect(found.ratio).toBe(found.diffusion / found.drift);
  });

  it("is the drift and noise of every layer of a mode: √L times those of u", () => {
    const [depth, w, target, size] = [3, 0.7, 1.5, 100_000];
    const chain = deepLinear({ inputs: 1, depth });
    const x = gaussian(size, seededRandom(4));
    const noise = gaussian(size, seededRandom(5));
    const labels = x.map((value, i) => target * value + 0.4 * noise[i]!);
    const options = { learningRate: 0.1, batchSize: 2 };
    const found = driftDiffusion(chain, alignedStart(chain, [w]), { X: x, y: labels }, options);
    const { layer } = modeDynamics({ depth, target, temperature: 0.05, noiseVariance: 0.16 });
    const u = w ** (1 / depth);
    // Relative standard errors of a mean and a variance of so many products of Gaussian numbers.
    expect(Math.abs(found.drift / (Math.sqrt(depth) * layer.drift(u)) - 1)).toBeLessThan(0.03);
    expect(Math.abs(found.diffusion / (Math.sqrt(depth) * layer.noise(u)) - 1)).toBeLessThan(0.03);
  });

  it("is all drift where every example is the same, and refuses a single one", () => {
    const same = { X: Float64Array.of(1, 2, 3, 1, 2, 3), y: Float64Array.of(1, 0, 1, 0) };
    expect(driftDiffusion(model, theta, same, { learningRate: 1, batchSize: 1 }).diffusion).toBe(0);
    const one = { X: Float64Array.of(1, 2, 3), y: Float64Array.of(1, 0) };
    expect(() => driftDiffusion(model, theta, one, { learningRate: 1, batchSize: 1 })).toThrow(
      "driftDiffusion: expected at least two examples, got 1",
    );
    expect(() => driftDiffusion(model, theta, same, { learningRate: 1, batchSize: 0.5 })).toThrow(
      expect.objectContaining({ code: "INVALID_SIZE" }),
    );
  });
});

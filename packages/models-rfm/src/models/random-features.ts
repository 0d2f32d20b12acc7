import { gaussian } from "@sgdscope/random";
import { activationOf, type Activation } from "../activation.js";
import { uniformOnSphere } from "../data/inputs.js";
import { expectCount, expectPositive, ModelsRfmError } from "../errors.js";
import { dot, gramOfRows } from "../matrix.js";
import { closedForm, type ClosedFormModel, type Random } from "../model.js";

/** Law of the fixed first layer: uniform on the unit sphere, or N(0, I/d). */
export type DirectionLaw = "sphere" | "gaussian";

export interface RandomFeaturesOptions {
  /** Input dimension d. */
  inputs: number;
  /** Number of features m. */
  features: number;
  activation: Activation;
  /** How the w_j are drawn: uniformly on the unit sphere, or from N(0, I/d), which has the same second moment. Default "sphere". */
  law?: DirectionLaw;
  /** Draws the fixed first layer, at once. */
  random: Random;
  /** Standard deviation of the starting weights; default 1. */
  initialScale?: number;
}

/** Random feature model f(x) = θ·φ(x); its parts: `weights` [m, 1]. */
export interface RandomFeatures extends ClosedFormModel {
  readonly kind: "random-features";
  readonly activation: Activation;
  readonly law: DirectionLaw;
  readonly features: number;
  /** The fixed first layer, row-major [m, d]; rows of norm 1 where they are drawn on the sphere. */
  readonly directions: Float64Array;
  /** φ(X), row-major [n, m]. */
  featureMap(X: Float64Array): Float64Array;
}

/**
 * Random feature model f(x) = θ·φ(x), φ_j(x) = σ(w_j·x)/√m, with w_j fixed, uniform on the unit sphere or from N(0, I/d);
 * σ = relu, tanh, erf or the identity.
 *
 * θ starts at N(0, initialScale²·I). The Gram matrix K = φ(X)φ(X)ᵀ does not depend on θ, and the factor 1/√m lets it converge
 * to its kernel, `randomFeatureKernel`, as m grows. A prediction costs O(md); features are recomputed, not kept.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`, `UNKNOWN_ACTIVATION`.
 * @see Rahimi and Recht (2007), Random features for large-scale kernel machines, for the idea.
 */
export function randomFeatures(options: RandomFeaturesOptions): RandomFeatures {
  const { inputs, features, activation, law = "sphere", random, initialScale = 1 } = options;
  expectCount("randomFeatures: expected inputs", inputs);
  expectCount("randomFeatures: expected features", features);
  expectPositive("randomFeatures: expected initialScale", initialScale);
  const sigma = activationOf("randomFeatures", activation);
  expectLaw("randomFeatures", law);
  const directions =
    law === "sphere"
      ? uniformOnSphere(features, inputs, random, 1)
      : gaussian(features * inputs, random).map((w) => w / Math.sqrt(inputs));
  const norm = 1 / Math.sqrt(features);
  const feature = (X: Float64Array, example: number, j: number): number =>
    norm * sigma(dot(directions, j * inputs, X, example * inputs, inputs));

  function featureMap(X: Float64Array): Float64Array {
    const n = X.length / inputs;
    const rows = new Float64Array(n * features);
    for (let i = 0; i < n; i++) for (let j = 0; j < features; j++) rows[i * features + j] = feature(X, i, j);
    return rows;
  }

  const phi = new Float64Array(features);
  const model = closedForm({
    name: `random-features-${activation}-${inputs}-${features}`,
    inputs,
    shapes: { weights: [features, 1] },
    init: (draw) => gaussian(features, draw).map((w) => initialScale * w),
    forward(theta, X, example, f) {
      let sum = 0;
      for (let j = 0; j < features; j++) {
        phi[j] = feature(X, example, j);
        sum += theta[j]! * phi[j]!;
      }
      f[0] = sum;
    },
    addGradient(_theta, _X, _example, weights, out, offset) {
      for (let j = 0; j < features; j++) out[offset + j]! += weights[0]! * phi[j]!;
    },
    gram: (_theta, X, n) => gramOfRows(featureMap(X), n, features),
  });
  return { ...model, kind: "random-features", activation, law, features, directions, featureMap };
}

/** Refuses a law that is none of the two. */
export function expectLaw(caller: string, law: DirectionLaw): void {
  if (!["sphere", "gaussian"].includes(law))
    throw new ModelsRfmError("INVALID_VALUE", `${caller}: expected law to be sphere or gaussian, got ${law}`);
}

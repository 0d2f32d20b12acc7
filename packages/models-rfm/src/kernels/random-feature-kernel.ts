import { activationOf, type Activation } from "../activation.js";
import { expectCount, ModelsRfmError } from "../errors.js";
import { dot } from "../matrix.js";
import { expectLaw, type DirectionLaw } from "../models/random-features.js";
import { planeAverage } from "./plane-average.js";

export interface RandomFeatureKernelOptions {
  activation: Activation;
  /** Input dimension d. */
  inputs: number;
  /** Law of the directions w, as in `randomFeatures`; default "sphere". */
  law?: DirectionLaw;
}

/** k(x, x′) = E_w σ(w·x)σ(w·x′), to which the Gram matrix of `randomFeatures` converges as 1/√m. */
export interface RandomFeatureKernel {
  /** k as a function of ‖x‖, ‖x′‖ and the cosine of the angle between them. */
  value(norm: number, otherNorm: number, cosine: number): number;
  /** The kernel matrix of the rows of X [n, d], row-major n × n; n(n + 1)/2 values. Throws ModelsRfmError `WRONG_LENGTH`. */
  gram(X: Float64Array): Float64Array;
  /**
   * The variance of the same entry of the Gram matrix of m sampled features, (E[σ(w·x)²σ(w·x′)²] − k²)/m, exact for every m:
   * the features scatter about the kernel without bias. Derived here. Throws ModelsRfmError `INVALID_SIZE`.
   */
  variance(norm: number, otherNorm: number, cosine: number, features: number): number;
}

/**
 * The population kernel of a random feature model, w uniform on the unit sphere or w ~ N(0, I/d); with t the angle between x and x′:
 *
 * - linear: x·x′/d, either law.
 * - relu: ‖x‖‖x′‖(sin t + (π − t)cos t)/(2πd), either law since relu is homogeneous: the arc-cosine kernel of degree 1.
 * - erf, Gaussian w: (2/π) arcsin(2x·x′/√((d + 2‖x‖²)(d + 2‖x′‖²))).
 * - erf on the sphere and tanh: quadrature over the plane of x and x′, to about 1e-12; about 10⁴ activations per value.
 *
 * The variance of finite features takes the arc-cosine kernel of degree 2 for relu, (3 sin t cos t + (π − t)(1 + 2cos² t))/2π, and for
 * linear features 1 + 2cos² t; quadrature for the others.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`, `UNKNOWN_ACTIVATION`.
 * @see Cho and Saul (2009), Kernel methods for deep learning, for relu; Williams (1997), Computing with infinite networks, for erf
 * (both recalled, not confirmed; checked here against quadrature and sampled features).
 */
export function randomFeatureKernel(options: RandomFeatureKernelOptions): RandomFeatureKernel {
  const { activation, inputs: d, law = "sphere" } = options;
  const sigma = activationOf("randomFeatureKernel", activation);
  expectCount("randomFeatureKernel: expected inputs", d);
  expectLaw("randomFeatureKernel", law);
  const value = (a: number, b: number, cosine: number): number => {
    if (activation === "linear") return (a * b * cosine) / d;
    if (activation === "relu") {
      const t = Math.acos(cosine);
      return (a * b * (Math.sin(t) + (Math.PI - t) * cosine)) / (2 * Math.PI * d);
    }
    if (activation === "erf" && law === "gaussian")
      return (2 / Math.PI) * Math.asin((2 * a * b * cosine) / Math.sqrt((d + 2 * a * a) * (d + 2 * b * b)));
    return planeAverage((p, q) => sigma(a * p) * sigma(b * q), cosine, d, law);
  };
  const productSquared = (a: number, b: number, cosine: number): number => {
    // A function of degree four is d/(d + 2) on the sphere of what it is for Gaussian w, since E‖w‖⁴ = (d + 2)/d.
    const scale = ((a * b) / d) ** 2 * (law === "sphere" ? d / (d + 2) : 1);
    if (activation === "linear") return scale * (1 + 2 * cosine ** 2);
    if (activation === "relu") {
      const t = Math.acos(cosine);
      return (scale * (3 * Math.sin(t) * cosine + (Math.PI - t) * (1 + 2 * cosine ** 2))) / (2 * Math.PI);
    }
    return planeAverage((p, q) => (sigma(a * p) * sigma(b * q)) ** 2, cosine, d, law);
  };
  return {
    value,
    variance(norm, otherNorm, cosine, features) {
      expectCount("variance: expected features", features);
      const spread = productSquared(norm, otherNorm, cosine) - value(norm, otherNorm, cosine) ** 2;
      return Math.max(0, spread) / features;
    },
    gram(X) {
      if (X.length === 0 || X.length % d !== 0)
        throw new ModelsRfmError(
          "WRONG_LENGTH",
          `gram: expected X of a length that is a multiple of ${d}, got ${X.length}`,
        );
      const n = X.length / d;
      const norms = Float64Array.from({ length: n }, (_, i) => Math.sqrt(dot(X, i * d, X, i * d, d)));
      const gram = new Float64Array(n * n);
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) {
          const scale = norms[i]! * norms[j]!;
          const cosine = i === j || scale === 0 ? 1 : dot(X, i * d, X, j * d, d) / scale;
          gram[i * n + j] = value(norms[i]!, norms[j]!, Math.max(-1, Math.min(1, cosine)));
          gram[j * n + i] = gram[i * n + j]!;
        }
      return gram;
    },
  };
}

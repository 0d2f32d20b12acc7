import { seededRandom } from "@sgdscope/random";
import {
  deepLinear,
  diagonalLinear,
  linearRegression,
  randomFeatures,
  reluTeacher,
  twoLayerRelu,
  uniformOnSphere,
  type DeepLinear,
  type DiagonalLinear,
  type LinearRegression,
  type RandomFeatures,
  type TwoLayerRelu,
} from "@sgdscope/models-rfm";

/** One model of each kind on d inputs. */
export function everyModel(
  d: number,
): (LinearRegression | DiagonalLinear | DeepLinear | RandomFeatures | TwoLayerRelu)[] {
  const random = seededRandom(17);
  return [
    linearRegression({ inputs: d }),
    diagonalLinear({ inputs: d }),
    deepLinear({ inputs: d, depth: 1, outputs: 2 }),
    deepLinear({ inputs: d, depth: 2 }),
    deepLinear({ inputs: d, depth: 4, width: 5, outputs: 3 }),
    randomFeatures({ inputs: d, features: 23, activation: "linear", law: "gaussian", random }),
    randomFeatures({ inputs: d, features: 23, activation: "relu", random }),
    randomFeatures({ inputs: d, features: 23, activation: "tanh", random }),
    randomFeatures({ inputs: d, features: 23, activation: "erf", random }),
    twoLayerRelu({ inputs: d, width: 9 }),
  ];
}

/** n inputs on the sphere of radius √d with the targets of three ReLU neurons, the same neurons again for every further output. */
export function problem(n: number, d: number, seed: number, outputs = 1): { X: Float64Array; y: Float64Array } {
  const random = seededRandom(seed);
  const X = uniformOnSphere(n, d, random);
  const y = reluTeacher(d, random)(X);
  return { X, y: Float64Array.from({ length: n * outputs }, (_, k) => y[Math.floor(k / outputs)]!) };
}

/** Largest difference, relative to the largest entry expected. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let scale = 0;
  for (let k = 0; k < expected.length; k++) {
    difference = Math.max(difference, Math.abs(actual[k]! - expected[k]!));
    scale = Math.max(scale, Math.abs(expected[k]!));
  }
  return difference / scale;
}

import { seededRandom } from "@sgdscope/random";
import {
  linearRegression,
  randomFeatures,
  reluTeacher,
  twoLayerRelu,
  uniformOnSphere,
  type LinearRegression,
  type RandomFeatures,
  type TwoLayerRelu,
} from "@sgdscope/models-rfm";

/** One model of each kind on d inputs. */
export function everyModel(d: number): (LinearRegression | RandomFeatures | TwoLayerRelu)[] {
  const random = seededRandom(17);
  return [
    linearRegression({ inputs: d }),
    randomFeatures({ inputs: d, features: 23, activation: "relu", random }),
    randomFeatures({ inputs: d, features: 23, activation: "tanh", random }),
    randomFeatures({ inputs: d, features: 23, activation: "erf", random }),
    twoLayerRelu({ inputs: d, width: 9 }),
  ];
}

/** n inputs on the sphere of radius √d with the targets of three ReLU neurons. */
export function problem(n: number, d: number, seed: number): { X: Float64Array; y: Float64Array } {
  const random = seededRandom(seed);
  const X = uniformOnSphere(n, d, random);
  return { X, y: reluTeacher(d, random)(X) };
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

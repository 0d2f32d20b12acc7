import { ModelsRfmError, expectCount } from "../errors.js";
import { dot } from "../matrix.js";
import type { Random } from "../model.js";
import { uniformOnSphere } from "./inputs.js";

/** A function that makes targets: y for every row of X [n, inputs], length n. */
export interface Teacher {
  (X: Float64Array): Float64Array;
  readonly inputs: number;
  /** The teacher's unit vectors, row-major [neurons, inputs]. */
  readonly directions: Float64Array;
}

/**
 * y = Σ_{k≤neurons} relu(v_k·x) with v_k independent and uniform on the unit sphere.
 *
 * @param neurons - Default 3.
 * @throws ModelsRfmError `INVALID_SIZE`; the teacher throws `WRONG_LENGTH`.
 */
export function reluTeacher(inputs: number, random: Random, neurons = 3): Teacher {
  expectCount("reluTeacher: expected neurons", neurons);
  return teacher("reluTeacher", inputs, uniformOnSphere(neurons, inputs, random, 1), (z) => Math.max(0, z));
}

/** y = u·x with u uniform on the unit sphere. Throws as `reluTeacher` does. */
export function linearTeacher(inputs: number, random: Random): Teacher {
  return teacher("linearTeacher", inputs, uniformOnSphere(1, inputs, random, 1), (z) => z);
}

function teacher(caller: string, inputs: number, directions: Float64Array, activation: (z: number) => number): Teacher {
  const teach = (X: Float64Array): Float64Array => {
    if (X.length % inputs !== 0)
      throw new ModelsRfmError(
        "WRONG_LENGTH",
        `${caller}: expected X of a length that is a multiple of ${inputs}, got ${X.length}`,
      );
    return Float64Array.from({ length: X.length / inputs }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < directions.length; k += inputs) sum += activation(dot(directions, k, X, i * inputs, inputs));
      return sum;
    });
  };
  return Object.assign(teach, { inputs, directions });
}

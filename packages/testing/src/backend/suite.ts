import { gaussian, seededRandom, type SeededRandom } from "@sgdscope/random";
import type * as tfjs from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { allclose } from "../allclose.js";
import { tensorflow, type TensorFlow } from "../tensorflow.js";
import type { BackendCase } from "./case.js";
import { backendCases } from "./cases.js";
import { type Dense, sizeOf } from "./reference.js";

export interface TestBackendOptions {
  /** Relative to the largest entry of a result; default 1e-5. */
  tolerance?: number;
  /** The same for gradients; default 1e-4. */
  gradientTolerance?: number;
  /** Cases to leave out, by the start of their name, each with the reason. */
  except?: Readonly<Record<string, string>>;
}

/**
 * Registers the tests that a backend must pass to be trusted with networks: about a hundred operations and their gradients by every
 * input, against plain JavaScript in Float64 (gradients against central differences of the plain reference), and no tensor leaked.
 *
 * Needs TensorFlow.js with its gradients (import `@sgdscope/compute` or `@tensorflow/tfjs` in the test file). Second derivatives are not tested.
 *
 * @param prepare - Prepares the backend and makes it the active one; called once.
 */
export function testBackend(name: string, prepare: () => Promise<unknown>, options: TestBackendOptions = {}): void {
  const { tolerance = 1e-5, gradientTolerance = 1e-4, except = {} } = options;
  describe(`the backend ${name}`, () => {
    let tf: TensorFlow;
    beforeAll(async () => {
      tf = await tensorflow("testBackend");
      await prepare();
    });

    describe.each(backendCases.map((entry) => [entry.name, entry] as const))("%s", (title, entry) => {
      const reason = Object.entries(except).find(([start]) => title.startsWith(start))?.[1];
      const skip = reason !== undefined;

      test.skipIf(skip)("agrees with plain JavaScript", async () => {
        const before = tf.memory().numTensors;
        const inputs = draw(entry);
        const tensors = inputs.map(({ shape, data }) => tf.tensor(Float32Array.from(data), [...shape]));
        const result = tf.tidy(() => entry.operation(tf, ...tensors));
        const expected = entry.reference(...inputs);
        expect(result.shape, "shape").toEqual(expected.shape);
        close("result", await result.data(), expected.data, tolerance);
        tf.dispose([tensors, result]);
        expect(tf.memory().numTensors, "tensors").toBe(before);
      });

      test.skipIf(skip || entry.gradient === false)(
        "has the gradients of central differences of the reference",
        async () => {
          const before = tf.memory().numTensors;
          const inputs = draw(entry);
          const weights = gaussian(entry.reference(...inputs).data.length, seededRandom(3));
          const tensors = inputs.map(({ shape, data }) => tf.tensor(Float32Array.from(data), [...shape]));
          const gradients = tf.tidy(() =>
            tf.grads((...values: tfjs.Tensor[]) => {
              const y = entry.operation(tf, ...values);
              return tf.sum(tf.mul(y, tf.tensor(Float32Array.from(weights), y.shape)));
            })(tensors),
          );
          for (const [i, gradient] of gradients.entries()) {
            expect(gradient.shape, `shape of the gradient by input ${i}`).toEqual(inputs[i]!.shape);
            const expected = differences(entry, inputs, i, weights);
            close(`gradient by input ${i}`, await gradient.data(), expected, gradientTolerance);
          }
          tf.dispose([tensors, gradients]);
          expect(tf.memory().numTensors, "tensors").toBe(before);
        },
      );
    });
  });
}

/** Inputs that Float32 holds exactly, the same for every backend. */
function draw({ shapes, draw = "normal" }: BackendCase): Dense[] {
  const random = seededRandom(2);
  return shapes.map((shape) => ({ shape, data: Float64Array.from(entries(draw, sizeOf(shape), random), Math.fround) }));
}

const entries = (draw: "normal" | "positive", size: number, random: SeededRandom): Float64Array =>
  draw === "normal" ? gaussian(size, random) : Float64Array.from({ length: size }, () => 0.5 + 2 * random());

/** ∂(w · reference)/∂input by central differences in Float64. */
function differences(entry: BackendCase, inputs: Dense[], which: number, weights: Float64Array): Float64Array {
  const step = 1e-5;
  return inputs[which]!.data.map((value, j) => {
    const [above, below] = [value + step, value - step].map((moved) => {
      const data = inputs[which]!.data.slice();
      data[j] = moved;
      const changed = inputs.map((input, i) => (i === which ? { ...input, data } : input));
      return entry.reference(...changed).data.reduce((sum, y, k) => sum + y * weights[k]!, 0);
    }) as [number, number];
    return (above - below) / (2 * step);
  });
}

function close(what: string, found: ArrayLike<number>, expected: Float64Array, tolerance: number): void {
  const { close, report } = allclose(found, expected, { relative: tolerance, absolute: 1e-7, relativeTo: "largest" });
  expect(close, `${what}: ${report}`).toBe(true);
}

import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { expectSame, kernel, random } from "../support.js";

beforeAll(() => prepareBackend("wasm").then(() => undefined));

describe("Slice", () => {
  it("agrees with cpu for any part of any shape", async () => {
    const axis = fc
      .integer({ min: 1, max: 6 })
      .chain((full) =>
        fc
          .nat(full - 1)
          .chain((begin) =>
            fc.record({ full: fc.constant(full), begin: fc.constant(begin), size: fc.nat(full - begin) }),
          ),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(axis, { maxLength: 5 }), async (axes) => {
        const [begin, size] = [axes.map(({ begin }) => begin), axes.map(({ size }) => size)];
        const given = random(axes.map(({ full }) => full));
        await expectSame({ x: given }, kernel("Slice", { begin, size }), { tolerance: 1e-12 });
        const integers = {
          ...given,
          values: Int32Array.from(given.values, (each) => 100 * each),
          dtype: "int32" as const,
        };
        await expectSame({ x: integers }, kernel("Slice", { begin, size }), { tolerance: 1e-12 });
      }),
      { numRuns: 150 },
    );
  });

  it("takes the rest where a size is −1, and leaves truth values to the backend", async () => {
    await expectSame({ x: random([5, 4, 3]) }, ({ x }) => tf.slice(x!, [1, 2], [-1, 1]));
    await expectSame({ x: random([6]) }, ({ x }) => tf.slice(tf.greater(x!, 0), 2, 3));
  });
});

describe("GatherV2", () => {
  it("agrees with cpu for any rows, also repeated, in any order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(8), { minLength: 0, maxLength: 12 }),
        fc.constantFrom([9, 3], [9, 8], [9, 4, 5], [9, 2, 3, 4]),
        async (rows, shape) =>
          expectSame({ x: random([...shape]) }, ({ x }) => tf.gather(x!, tf.tensor1d(rows, "int32")), {
            tolerance: 1e-12,
          }),
      ),
      { numRuns: 60 },
    );
  });

  it("agrees with cpu for tables of rows, other axes, and integers", async () => {
    const table = tf.tensor2d;
    await expectSame({ x: random([5, 9]) }, ({ x }) =>
      tf.gather(
        x!,
        table(
          [
            [0, 4],
            [2, 2],
          ],
          [2, 2],
          "int32",
        ),
      ),
    );
    await expectSame({ x: random([5, 9]) }, ({ x }) => tf.gather(x!, tf.tensor1d([8, 1], "int32"), 1));
    const whole = { shape: [3, 8], values: Int32Array.from({ length: 24 }, (_, k) => k), dtype: "int32" as const };
    await expectSame({ x: whole }, ({ x }) => tf.gather(x!, tf.tensor1d([2, 0], "int32")));
  });

  it("refuses rows that are not there", async () => {
    await tf.setBackend("wasm");
    const x = tf.zeros([4, 9]);
    for (const index of [-1, 4])
      expect(() => tf.tidy(() => tf.gather(x, tf.tensor1d([0, index], "int32")))).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: `gather: expected indices in [0, 3], got ${index}`,
        }),
      );
    x.dispose();
  });
});

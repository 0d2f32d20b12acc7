import type * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { nativeKernel } from "../../src/composed/native.js";

/** A tensor by its name only. */
const named = (name: string): tf.TensorInfo => ({ dataId: { name }, shape: [2], dtype: "float32" });

describe("a kernel that is one operation of TensorFlow", () => {
  const backend = {
    binding: { TF_ATTR_TYPE: 1, TF_ATTR_BOOL: 2, TF_ATTR_STRING: 3, TF_ATTR_INT: 4, TF_FLOAT: 5 },
    isUsingGpuDevice: false,
    executeSingleOutput: (operation: string, attributes: object[], inputs: object[]) => {
      if (operation === "Unknown") throw new Error("no such operation");
      return { operation, attributes, inputs } as unknown as tf.Tensor;
    },
  };
  const call = (kernelFunc: tf.KernelFunc, kind: string): unknown =>
    kernelFunc({ inputs: { x: named("x") }, attrs: { kind }, backend });
  const kernel = (operation: string) =>
    nativeKernel<"x", { kind: string }>(
      "Some",
      ({ attrs }) => attrs.kind !== "other",
      ({ inputs: { x }, execute }) => execute(operation, [x], { flag: true, sizes: [1, 2], word: "a" }, ["T", "Tout"]),
    );

  it("gets its attributes with their types", () => {
    const kernelFunc = kernel("Known").create(() => named("original"));
    expect(call(kernelFunc, "this")).toEqual({
      operation: "Known",
      attributes: [
        { name: "T", type: 1, value: 5 },
        { name: "Tout", type: 1, value: 5 },
        { name: "flag", type: 2, value: true },
        { name: "sizes", type: 4, value: [1, 2] },
        { name: "word", type: 3, value: "a" },
      ],
      inputs: [named("x")],
    });
    expect(call(kernelFunc, "other")).toEqual(named("original"));
  });

  it("gives way for good to the kernel it replaces, where TensorFlow refuses what that kernel computes", () => {
    let asked = 0;
    const { create } = nativeKernel<"x">(
      "Some",
      () => true,
      ({ inputs: { x }, execute }) => {
        asked++;
        return execute("Unknown", [x]);
      },
    );
    const kernelFunc = create(() => named("original"));
    expect([1, 2, 3].map(() => call(kernelFunc, "this"))).toEqual([1, 2, 3].map(() => named("original")));
    expect(asked).toBe(1);
  });

  it("stays where both refuse: then the arguments are wrong", () => {
    let asked = 0;
    const { create } = nativeKernel<"x">(
      "Some",
      () => true,
      () => {
        asked++;
        throw new Error("shapes");
      },
    );
    const kernelFunc = create(() => {
      throw new Error("shapes do not fit");
    });
    for (const _ of [1, 2]) expect(() => call(kernelFunc, "this")).toThrow("shapes do not fit");
    expect(asked).toBe(2);
  });

  it("says what TensorFlow says where there is nothing to replace", () => {
    expect(() => call(kernel("Unknown").create(undefined), "this")).toThrow("no such operation");
  });
});

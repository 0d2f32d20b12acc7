import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  flatten,
  gaussNewtonVectorProduct,
  hessianAt,
  hessianVectorProduct,
  jacobianVectorProduct,
  vectorJacobianProduct,
  vouchFor,
} from "../../src/index.js";

let params: { x: tf.Tensor1D };
let v: { x: tf.Tensor1D };
let before = 0;

beforeAll(async () => {
  await prepareBackend("cpu");
});
beforeEach(() => {
  before = tf.memory().numTensors;
  params = { x: tf.tensor1d([0.5, -1, 2]) };
  v = { x: tf.tensor1d([1, 2, 3]) };
});
afterEach(() => {
  tf.dispose([params, v]);
  expect(tf.memory().numTensors).toBe(before);
});

const cumulative = ({ x }: tf.NamedTensorMap): tf.Tensor => tf.sum(tf.square(tf.cumsum(x!)));

/** sinh with a gradient in terms of a saved output. */
const sinh = tf.customGrad((x, save) => {
  const y = tf.sinh(x as tf.Tensor);
  (save as tf.GradSaveFunc)([y]);
  return {
    value: y,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.sqrt(tf.add(1, tf.square(saved[0]!)))),
  };
});
const custom = ({ x }: tf.NamedTensorMap): tf.Tensor => tf.sum(sinh(x!));

describe("the guard", () => {
  it("refuses a kernel that is not verified, by name, in every second-order product", () => {
    const refusal = expect.objectContaining({
      name: "AutodiffError",
      code: "KERNEL_NOT_VERIFIED",
      message: expect.stringContaining("Cumsum") as string,
    }) as Error;
    expect(() => hessianVectorProduct(cumulative, params, v)).toThrow(refusal);
    expect(() => hessianAt(cumulative, params)).toThrow(refusal);
    expect(() => jacobianVectorProduct(({ x }) => tf.cumsum(x!), params, v)).toThrow(refusal);
    expect(() => gaussNewtonVectorProduct(({ x }) => tf.cumsum(x!), params, params.x, v)).toThrow(refusal);
  });

  it("lets a kernel through that the caller vouches for", async () => {
    const product = hessianVectorProduct(cumulative, params, v, { vouchedKernels: ["Cumsum"] });
    // H = 2 AᵀA with the lower triangular matrix A of ones.
    expect(Array.from(await flatten(product))).toEqual([20, 18, 12]);
    tf.dispose(product);
  });

  it("does not ask about kernels off the way from parameters to the value", () => {
    const product = hessianVectorProduct(({ x }) => tf.sum(tf.mul(tf.square(x!), tf.cumsum(tf.ones([3])))), params, v);
    tf.dispose(product);
  });

  it("calls gradients of one's own customGrad, and takes them right when vouched for", async () => {
    expect(() => hessianVectorProduct(custom, params, v)).toThrow(/of customGrad is not verified;/);
    vouchFor("customGrad");
    const product = hessianVectorProduct(custom, params, v);
    const expected = [0.5, -1, 2].map((x, i) => Math.sinh(x) * (i + 1));
    (await flatten(product)).forEach((each, i) => expect(each).toBeCloseTo(expected[i]!, 5));
    tf.dispose(product);
  });

  it("refuses softmaxCrossEntropy and says what to write", () => {
    const labels = tf.tensor1d([0, 0, 1]);
    expect(() => hessianAt(({ x }) => tf.losses.softmaxCrossEntropy(labels, x!), params)).toThrow(
      /softmaxCrossEntropy__op is not verified; write the cross-entropy as −Σ labels · tf\.logSoftmax\(logits\)/,
    );
    labels.dispose();
  });

  it("has nothing to say to first derivatives", async () => {
    const u = tf.tensor1d([1, 1, 1]);
    const pulled = vectorJacobianProduct(({ x }) => tf.cumsum(x!), params, u);
    expect(Array.from(await flatten(pulled))).toEqual([3, 2, 1]);
    tf.dispose([u, pulled]);
  });
});

describe("wrong calls", () => {
  const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

  it("refuses a value that no operation connects with the parameters", () => {
    const other = tf.tensor1d([1]);
    expect(() => hessianAt(() => tf.sum(tf.square(other)), params)).toThrow(code("NOT_A_FUNCTION_OF_PARAMS"));
    other.dispose();
  });

  it("refuses to run inside a gradient, where its results would count as constants", () => {
    const inside = (x: tf.Tensor): tf.Tensor => {
      hessianAt(({ x: at }) => tf.sum(at!), { x });
      return tf.sum(x);
    };
    tf.tidy(() => {
      expect(() => tf.grad(inside)(params.x)).toThrow(code("INSIDE_GRADIENT"));
    });
  });

  it("refuses a loss that is no scalar, parameters that are not float32, and directions that do not fit", () => {
    const short = { x: tf.tensor1d([1, 2]) };
    const integers = { x: tf.tensor1d([1, 2], "int32") };
    const square = ({ x }: tf.NamedTensorMap): tf.Tensor => tf.sum(tf.square(x!));
    expect(() => hessianAt(({ x }) => tf.square(x!), params)).toThrow(code("INVALID_ARGUMENT"));
    expect(() => hessianAt(square, integers)).toThrow(code("INVALID_ARGUMENT"));
    expect(() => hessianAt(square, {})).toThrow(code("INVALID_ARGUMENT"));
    expect(() => hessianVectorProduct(square, params, short)).toThrow(code("INVALID_ARGUMENT"));
    expect(() => hessianVectorProduct(square, params, { ...v, y: v.x })).toThrow(code("INVALID_ARGUMENT"));
    tf.dispose([short, integers]);
  });

  it("leaves the engine ready after a failure", async () => {
    expect(() =>
      hessianAt(({ x }) => {
        tf.square(x!);
        throw new Error("in the loss");
      }, params),
    ).toThrow("in the loss");
    const product = hessianVectorProduct(({ x }) => tf.sum(tf.square(x!)), params, v);
    expect(Array.from(await flatten(product))).toEqual([2, 4, 6]);
    tf.dispose(product);
  });

  it("refuses a product after dispose", () => {
    const hessian = hessianAt(({ x }) => tf.sum(tf.square(x!)), params);
    hessian.dispose();
    hessian.dispose();
    expect(() => hessian.product(v)).toThrow(code("DISPOSED"));
  });
});

describe("the Hessian of a linear function", () => {
  it("is zero", async () => {
    const product = hessianVectorProduct(({ x }) => tf.sum(tf.mul(x!, 3)), params, v);
    expect(Array.from(await flatten(product))).toEqual([0, 0, 0]);
    tf.dispose(product);
  });
});

import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { lossDerivatives, lossNamed, type LossOptions } from "@sgdscope/noise-structure/losses";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  AutodiffError,
  gaussNewtonBlock,
  gaussNewtonOperator,
  hessianBlock,
  hessianOperator,
  perExampleGradients,
  residualHessianOperator,
  type TensorOperator,
} from "../../src/index.js";
import { values } from "../second-order/conformance.js";

const [n, d, hidden, C] = [7, 3, 4, 3];
const inputs = Float32Array.from(values(n * d, 1));
const start = Float32Array.from([...values(d * hidden, 3), ...values(hidden * C, 4), ...values(C, 5)]);
const P = start.length;

/** Two layers with tanh, on tensors. */
const model = {
  apply: (params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor =>
    tf.tidy(() => tf.add(tf.matMul(tf.tanh(tf.matMul(x, params["w1"]!)), params["w2"]!), params["b"]!)),
};

/** The same in Float64, with its Jacobian by the chain rule written out: row i·C + c. */
function outputsAt(theta: Float64Array): { f: Float64Array; J: Float64Array[] } {
  const f = new Float64Array(n * C);
  const J: Float64Array[] = [];
  for (let i = 0; i < n; i++) {
    const x = inputs.subarray(i * d, (i + 1) * d);
    const active = Array.from({ length: hidden }, (_, k) =>
      Math.tanh(x.reduce((sum, each, j) => sum + each * theta[j * hidden + k]!, 0)),
    );
    for (let c = 0; c < C; c++) {
      const w2 = (k: number): number => theta[d * hidden + k * C + c]!;
      const row = new Float64Array(P);
      f[i * C + c] = theta[d * hidden + hidden * C + c]!;
      row[d * hidden + hidden * C + c] = 1;
      active.forEach((a, k) => {
        f[i * C + c]! += a * w2(k);
        row[d * hidden + k * C + c] = a;
        x.forEach((each, j) => (row[j * hidden + k] = each * (1 - a * a) * w2(k)));
      });
      J.push(row);
    }
  }
  return { f, J };
}

const oneHot = Array.from({ length: n }, (_, i) => [0, 1, 2].map((c) => (c === (2 * i) % 3 ? 1 : 0))).flat();
const cases: [string, string, LossOptions, number[]][] = [
  ["cross-entropy", "cross-entropy", {}, oneHot],
  ["smoothed cross-entropy", "cross-entropy", { labelSmoothing: 0.2 }, oneHot],
  ["logistic", "logistic", {}, oneHot],
  ["poisson", "poisson", {}, oneHot.map((y, a) => y + (a % 4))],
  ["pseudo-huber", "pseudo-huber", { delta: 0.5 }, values(n * C, 8)],
  ["square", "square", {}, values(n * C, 9)],
];

let params: tf.NamedTensorMap;
let before = 0;
beforeAll(async () => {
  await prepareBackend("wasm");
});
beforeEach(() => {
  before = tf.memory().numTensors;
  params = {
    w1: tf.tensor(start.slice(0, d * hidden), [d, hidden]),
    w2: tf.tensor(start.slice(d * hidden, -C), [hidden, C]),
    b: tf.tensor(start.slice(-C), [C]),
  };
});
afterEach(() => {
  tf.dispose(params);
  expect(tf.memory().numTensors).toBe(before);
});

/** All columns of an operator, which is disposed. */
async function dense(operator: TensorOperator): Promise<Float64Array[]> {
  try {
    return await operator.applyBlock(Array.from({ length: P }, (_, p) => new Float64Array(P).fill(1, p, p + 1)));
  } finally {
    operator.dispose();
  }
}

/** The largest difference of two matrices, relative to the largest entry of the second. */
function apart(found: Float64Array[], expected: Float64Array[]): number {
  const scale = Math.max(...expected.map((row) => Math.max(...row.map(Math.abs))));
  return (
    Math.max(...found.map((row, p) => Math.max(...row.map((value, q) => Math.abs(value - expected[p]![q]!))))) / scale
  );
}

describe.each(cases)("the curvature of the loss %s, against loops in Float64", (_, id, options, y) => {
  const loss = lossNamed(id, options);
  const data = { size: n, inputShape: [d], outputs: C, inputs, targets: Float32Array.from(y) };
  const derivativesAt = (theta: Float64Array) => {
    const { f, J } = outputsAt(theta);
    return { J, ...lossDerivatives({ outputs: f, targets: data.targets, loss }, { examples: n, outputs: C }) };
  };
  const gradientAt = (theta: Float64Array): Float64Array => {
    const { J, gradients } = derivativesAt(theta);
    return theta.map((_, p) => J.reduce((sum, row, a) => sum + row[p]! * gradients[a]!, 0) / n);
  };
  const theta = Float64Array.from(start);
  const { J, curvatures, gradients } = derivativesAt(theta);
  const G = Array.from({ length: P }, (_, p) =>
    Float64Array.from({ length: P }, (_, q) => {
      let sum = 0;
      for (let i = 0; i < n; i++)
        for (let c = 0; c < C; c++)
          for (let e = 0; e < C; e++) sum += J[i * C + c]![p]! * curvatures[(i * C + c) * C + e]! * J[i * C + e]![q]!;
      return sum / n;
    }),
  );
  const h = 1e-5;
  const H = Array.from({ length: P }, (_, p) => {
    const [up, down] = [gradientAt(theta.with(p, theta[p]! + h)), gradientAt(theta.with(p, theta[p]! - h))];
    return up.map((value, q) => (value - down[q]!) / (2 * h));
  });

  it("G, H and H − G as operators, in chunks", async () => {
    for (const chunkSize of [3, 256]) {
      expect(apart(await dense(gaussNewtonOperator(model, params, data, { loss, chunkSize })), G)).toBeLessThan(1e-5);
      expect(apart(await dense(hessianOperator(model, params, data, { loss, chunkSize })), H)).toBeLessThan(1e-5);
      const rest = H.map((row, p) => row.map((value, q) => value - G[p]![q]!));
      expect(apart(await dense(residualHessianOperator(model, params, data, { loss, chunkSize })), rest)).toBeLessThan(
        1e-5,
      );
    }
  });

  it("does not change where passes are not kept, and its blocks are those of the matrix", async () => {
    const again = { loss, chunkSize: 3, keepBytes: 0 };
    expect(apart(await dense(hessianOperator(model, params, data, again)), H)).toBeLessThan(1e-5);
    for (const [make, whole] of [
      [hessianBlock, H],
      [gaussNewtonBlock, G],
    ] as const) {
      const block = make(model, params, data, { rows: ["b"], columns: ["w2"] }, { loss, chunkSize: 3 });
      const size = hidden * C;
      const found = await block.applyBlock(
        Array.from({ length: size }, (_, p) => new Float64Array(size).fill(1, p, p + 1)),
      );
      block.dispose();
      const expected = Array.from({ length: size }, (_, p) => whole[d * hidden + p]!.slice(-C));
      expect(apart(found, expected)).toBeLessThan(1e-5);
    }
  });

  it("gradients of single examples, from s in the place of residuals", async () => {
    const [x, s] = [tf.tensor(inputs, [n, d]), tf.tensor(Float32Array.from(gradients), [n, C])];
    const rows = perExampleGradients(model, params, x, { residuals: s });
    const found = await rows.data();
    tf.dispose([x, s, rows]);
    for (let i = 0; i < n; i++)
      for (let p = 0; p < P; p++) {
        let sum = 0;
        for (let c = 0; c < C; c++) sum += J[i * C + c]![p]! * gradients[i * C + c]!;
        expect(Math.abs(found[i * P + p]! - sum)).toBeLessThan(1e-5);
      }
  });
});

describe("a loss that does not fit", () => {
  const loss = lossNamed("cross-entropy");
  const data = { size: n, inputShape: [d], outputs: C, inputs, targets: Float32Array.from(oneHot) };
  const apply = (operator: TensorOperator): Promise<unknown> =>
    operator.apply(new Float64Array(P).fill(1)).finally(() => operator.dispose());

  it("without targets is refused, as are targets of other shapes", async () => {
    const { targets: _, ...unlabelled } = data;
    await expect(apply(gaussNewtonOperator(model, params, unlabelled, { loss }))).rejects.toThrow(
      /gaussNewtonOperator: expected targets of the shape of the outputs \[7, 3\], got none/,
    );
    const fewer = { ...data, outputs: 2, targets: new Float32Array(n * 2) };
    await expect(apply(hessianOperator(model, params, fewer, { loss }))).rejects.toBeInstanceOf(AutodiffError);
  });

  it("passes on what it refuses itself, with the number of the example in the whole set", async () => {
    const targets = data.targets.slice();
    targets[5 * C + 1] = 7;
    await expect(apply(hessianOperator(model, params, { ...data, targets }, { loss, chunkSize: 2 }))).rejects.toThrow(
      /sum to 1 .* at example 5/,
    );
  });

  it("by outputs with an axis too many is refused", async () => {
    const deep = { apply: (at: tf.NamedTensorMap, x: tf.Tensor) => tf.expandDims(model.apply(at, x), -1) };
    await expect(apply(hessianOperator(deep, params, data, { loss }))).rejects.toThrow(
      /outputs of shape \[n, C\] or \[n\]/,
    );
  });
});

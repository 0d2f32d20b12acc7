import * as tf from "@tensorflow/tfjs";

/** A function of parameters with inputs, for tests. */
export interface Network {
  name: string;
  inputShape: number[];
  outputs: number;
  shapes: Record<string, number[]>;
  /** Set where `tf.grads` of a batch fails: its gradient of a broadcast product keeps the batch axis. */
  onlyOneByOne?: true;
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
}

/** Values in (−1, 1) that look random and are the same every time. */
export function values(shape: readonly number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, each) => product * each, 1);
  let state = (seed * 2654435761 + 12345) >>> 0;
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return tf.tensor(data, [...shape], "float32");
}

export const paramsOf = ({ shapes }: Pick<Network, "shapes">, seed = 1): tf.NamedTensorMap =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, values(shape, seed * 100 + i)]));

export const inputsOf = ({ inputShape }: Pick<Network, "inputShape">, examples: number, seed = 7): tf.Tensor =>
  values([examples, ...inputShape], seed);

const matrix = (tensor: tf.Tensor | undefined): tf.Tensor2D => tensor as tf.Tensor2D;
const images = (tensor: tf.Tensor | undefined): tf.Tensor4D => tensor as tf.Tensor4D;
const flatten = (tensor: tf.Tensor): tf.Tensor2D => matrix(tf.reshape(tensor, [tensor.shape[0], -1]));
const dense = (x: tf.Tensor, kernel?: tf.Tensor, bias?: tf.Tensor): tf.Tensor2D => {
  const product = tf.matMul(matrix(x), matrix(kernel));
  return matrix(bias ? tf.add(product, bias) : product);
};

/** Functions whose parameters meet the batch in every way that there is a rule for. */
export const networks: Network[] = [
  {
    name: "dense, tanh, one output",
    inputShape: [6],
    outputs: 1,
    shapes: { w1: [6, 5], b1: [5], w2: [5, 1], b2: [1] },
    apply: ({ w1, b1, w2, b2 }, x) => dense(tf.tanh(dense(x, w1, b1)), w2, b2),
  },
  {
    name: "dense, relu, outputs without an axis of their own",
    inputShape: [6],
    outputs: 1,
    shapes: { w1: [6, 5], b1: [5], v: [5] },
    apply: ({ w1, b1, v }, x) => tf.sum(tf.mul(tf.relu(dense(x, w1, b1)), v!), 1),
  },
  {
    name: "dense, elu, three outputs, a parameter not used",
    inputShape: [2, 3],
    outputs: 3,
    shapes: { w1: [6, 4], unused: [2], b1: [4], w2: [4, 3] },
    apply: ({ w1, b1, w2 }, x) => dense(tf.elu(dense(flatten(x), w1, b1)), w2),
  },
  {
    name: "weights transposed by attribute and by operation",
    inputShape: [5],
    outputs: 2,
    shapes: { w1: [4, 5], w2: [2, 4] },
    apply: ({ w1, w2 }, x) => {
      const hidden = tf.sigmoid(tf.matMul(matrix(x), matrix(w1), false, true));
      return tf.matMul(hidden, tf.transpose(matrix(w2)));
    },
  },
  {
    name: "tied and shared weights",
    inputShape: [4],
    outputs: 4,
    shapes: { w: [4, 3], u: [3, 3], b: [3] },
    apply: ({ w, u, b }, x) => {
      const once = tf.tanh(dense(dense(x, w), u, b));
      const twice = tf.tanh(dense(once, u, b));
      return tf.matMul(twice, matrix(w), false, true);
    },
  },
  {
    name: "shared weights only",
    inputShape: [4],
    outputs: 1,
    shapes: { u: [4, 4], v: [4, 1] },
    apply: ({ u, v }, x) => dense(tf.tanh(dense(tf.tanh(dense(x, u)), u)), v),
  },
  {
    name: "a matrix from the left, and products along a sequence",
    inputShape: [3, 4],
    outputs: 2,
    shapes: { mix: [5, 3], w: [4, 2], slope: [2] },
    onlyOneByOne: true,
    apply: ({ mix, w, slope }, x) => {
      const mixed = tf.matMul(tf.reshape(mix!, [1, 5, 3]), x);
      return tf.sum(tf.prelu(tf.matMul(mixed, tf.reshape(w!, [1, 4, 2])), slope!), 1);
    },
  },
  {
    name: "normalised weights, slices of a parameter",
    inputShape: [4],
    outputs: 2,
    shapes: { w: [4, 3], g: [3], all: [9] },
    apply: ({ w, g, all }, x) => {
      const normalised = tf.mul(w!, tf.div(g!, tf.norm(w!, 2, 0)));
      const kernel = tf.reshape(tf.slice(all!, [0], [6]), [3, 2]);
      return dense(tf.tanh(dense(x, normalised)), kernel, tf.slice(all!, [6], [2]));
    },
  },
  {
    name: "convolutions with strides and paddings, average pooling",
    inputShape: [9, 8, 2],
    outputs: 2,
    shapes: { k1: [3, 2, 2, 3], b1: [3], k2: [2, 3, 3, 4], b2: [4], w: [16, 2], b: [2] },
    apply: ({ k1, b1, k2, b2, w, b }, x) => {
      const first = tf.relu(tf.add(tf.conv2d(images(x), images(k1), [2, 1], "same"), b1!));
      const pooled = tf.avgPool(images(first), 2, 2, "same");
      const padding: [[0, 0], [1, 0], [0, 1], [0, 0]] = [
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 0],
      ];
      const second = tf.tanh(tf.add(tf.conv2d(pooled, images(k2), [2, 2], padding), b2!));
      return dense(flatten(second), w, b);
    },
  },
  {
    name: "convolutions, maximum pooling, pointwise filters, mean over positions",
    inputShape: [8, 8, 3],
    outputs: 3,
    shapes: { k1: [3, 3, 3, 4], k2: [1, 1, 4, 5], k3: [1, 1, 5, 3] },
    apply: ({ k1, k2, k3 }, x) => {
      const first = tf.relu(tf.conv2d(images(x), images(k1), 1, "valid"));
      const second = tf.tanh(tf.conv2d(tf.maxPool(images(first), 2, 1, "valid"), images(k2), 1, "same"));
      return tf.mean(tf.conv2d(images(second), images(k3), 2, "valid"), [1, 2]);
    },
  },
  {
    name: "depthwise and transposed convolutions",
    inputShape: [6, 6, 2],
    outputs: 1,
    shapes: { d1: [3, 3, 2, 1], d2: [2, 2, 2, 2], t: [2, 2, 1, 4] },
    apply: ({ d1, d2, t }, x) => {
      const first = tf.tanh(tf.depthwiseConv2d(images(x), images(d1), 1, "same"));
      const second = tf.tanh(tf.depthwiseConv2d(images(first), images(d2), 2, "valid"));
      const up = tf.conv2dTranspose(images(second), images(t), [x.shape[0], 6, 6, 1], 2, "same");
      return tf.sum(tf.square(flatten(up)), 1, true);
    },
  },
  {
    name: "batch normalisation with fixed statistics, residual additions",
    inputShape: [4, 4, 3],
    outputs: 2,
    shapes: {
      k: [3, 3, 3, 3],
      mean: [3],
      variance: [3],
      scale: [3],
      offset: [3],
      w: [3, 2],
      s2: [3],
      o2: [3],
      m2: [3],
      v2: [3],
    },
    apply: ({ k, mean, variance, scale, offset, w, s2, o2, m2, v2 }, x) => {
      const positive = tf.add<tf.Tensor1D>(tf.square(variance!), 0.5);
      const normal = tf.batchNorm(
        tf.conv2d(images(x), images(k), 1, "same"),
        mean as tf.Tensor1D,
        positive,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      );
      const joined = tf.add(x, tf.relu(normal));
      const features = matrix(tf.mean(joined, [1, 2]));
      const variance2 = tf.add<tf.Tensor1D>(tf.square(v2!), 0.5);
      const again = tf.batchNorm2d(features, m2 as tf.Tensor1D, variance2, o2 as tf.Tensor1D, s2 as tf.Tensor1D);
      return dense(tf.add(features, again), w);
    },
  },
  {
    name: "concatenation, scales and shifts of several shapes, tidied on the way",
    inputShape: [3, 4],
    outputs: 2,
    shapes: { scale: [3, 1], shift: [1, 4], factor: [1], power: [], divisor: [4], w: [24, 2] },
    apply: ({ scale, shift, factor, power, divisor, w }, x) =>
      tf.tidy(() => {
        const scaled = tf.tidy(() => tf.sub(tf.mul(scale!, x), shift!));
        const divided = tf.tidy(() => tf.div(tf.mul(factor!, x), tf.add(tf.square(divisor!), 1)));
        const joined = tf.concat([tf.pow(tf.add(tf.square(scaled), 1), power!), tf.sub(factor!, divided)], 1);
        return dense(flatten(joined), w);
      }),
  },
  {
    name: "attention: products of two tensors of the batch",
    inputShape: [3, 4],
    outputs: 2,
    shapes: { query: [4, 3], key: [4, 3], value: [4, 2], temperature: [1] },
    apply: ({ query, key, value, temperature }, x) => {
      const tokens = matrix(tf.reshape(x, [-1, 4]));
      const along = (kernel?: tf.Tensor): tf.Tensor => tf.reshape(dense(tokens, kernel), [x.shape[0], 3, -1]);
      const scores = tf.mul(tf.matMul(along(query), along(key), false, true), temperature!);
      return tf.mean(tf.matMul(tf.softmax(scores), along(value)), 1);
    },
  },
  {
    name: "softmax, pads, tiles, splits and stacks",
    inputShape: [4],
    outputs: 4,
    shapes: { w: [4, 4], b: [4] },
    apply: ({ w, b }, x) => {
      const hidden = tf.softmax(dense(x, w, b));
      const [left, right] = tf.split(
        tf.pad(hidden, [
          [0, 0],
          [0, 2],
        ]),
        2,
        1,
      ) as [tf.Tensor2D, tf.Tensor2D];
      const stacked = tf.stack([left, tf.tile(tf.slice(right, [0, 0], [-1, 1]), [1, 3])], 2);
      const sums = tf.sum(tf.mul(stacked, stacked), 2);
      return tf.concat([tf.maximum(sums, 0.1), tf.max(sums, 1, true)], 1);
    },
  },
];

/** The Jacobian [n · C, P], one backward pass for each output of each example alone. */
export async function jacobianOf(
  network: Pick<Network, "outputs" | "apply">,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
): Promise<Float32Array> {
  const names = Object.keys(params);
  const jacobian = tf.tidy(() => {
    const rows = Array.from({ length: x.shape[0] }, (_, i) => {
      const example = tf.gather(x, tf.tensor1d([i], "int32"));
      return Array.from({ length: network.outputs }, (__, c) => {
        const f = (...tensors: tf.Tensor[]): tf.Tensor => {
          const outputs = network.apply(Object.fromEntries(names.map((name, k) => [name, tensors[k]!])), example);
          const flat = tf.reshape(outputs, [network.outputs]);
          const all = tf.addN(tensors.map((tensor) => tf.mul(tf.sum(tensor), 0)));
          return tf.add(tf.sum(tf.slice(flat, [c], [1])), all);
        };
        return tf.concat(
          tf
            .grads(f)(Object.values(params))
            .map((gradient) => tf.reshape(gradient, [-1])),
        );
      });
    });
    return tf.stack(rows.flat());
  });
  const data = await jacobian.data<"float32">();
  jacobian.dispose();
  return data;
}

/** A·Aᵀ in Float64. */
export function outer(a: ArrayLike<number>, rows: number): Float64Array {
  const width = a.length / rows;
  const product = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += a[i * width + k]! * a[j * width + k]!;
      product[i * rows + j] = sum;
    }
  }
  return product;
}

/** jax-js as a contender: `jit` around everything, the wasm backend, which is what it has in Node. */
import { createRequire } from "node:module";
import { blockUntilReady, defaultDevice, grad, init, jit, jvp, lax, nn, numpy as np } from "@jax-js/jax";
import { versionAbove } from "./report/version.js";
import { readNetwork } from "./side-by-side/networks.js";
import { run, serve, type Loaded } from "./side-by-side/serve.js";

const version = versionAbove(createRequire(import.meta.url).resolve("@jax-js/jax"));
await init("wasm");
defaultDevice("wasm");

type Arrays = np.Array[];

async function load(folder: string): Promise<Loaded> {
  const { description, parameters, inputs, targets, probe, batches } = await readNetwork(folder);
  const { examples, outputs, inputShape, layers } = description;
  const convolutional = inputShape.length === 3;
  // Images as n, c, h, w and kernels as o, i, h, w, which is what jax-js expects by default; the transposition is not timed.
  const images = (flat: Float32Array, count: number): np.Array => {
    const x = np.array(flat.slice()).reshape([count, ...inputShape]);
    return convolutional
      ? np.transpose(x, [0, 3, 1, 2]).reshape([count, inputShape[2]!, inputShape[0]!, inputShape[1]!])
      : x;
  };
  const shapes = description.parameters.map(([, shape]) => shape);
  const inOwnLayout = (array: np.Array): np.Array =>
    array.shape.length === 4 ? np.transpose(array, [3, 2, 0, 1]) : array;
  const tensorsOf = (flat: Float32Array): Arrays => {
    let position = 0;
    return shapes.map((shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      position += size;
      return inOwnLayout(np.array(flat.slice(position - size, position)).reshape(shape));
    });
  };
  const point = tensorsOf(
    Float32Array.from(description.parameters.flatMap(([name]) => Array.from(parameters[name]!.data as Float32Array))),
  );
  const direction = tensorsOf(probe);
  const x = images(inputs, examples);
  const y = np.array(targets.slice()).reshape([examples, outputs]);
  const ref = (arrays: Arrays): Arrays => arrays.map((array) => array.ref);

  function apply(params: Arrays, input: np.Array): np.Array {
    let h = input;
    let next = 0;
    for (const layer of layers) {
      if (layer.layer === "relu") h = nn.relu(h);
      else if (layer.layer === "average-pool") {
        const [n, c, height, width] = h.shape as [number, number, number, number];
        h = h
          .reshape([n, c, height / 2, 2, width / 2, 2])
          .sum([3, 5])
          .mul(0.25);
      } else if (layer.layer === "flatten") {
        h = np.transpose(h, [0, 2, 3, 1]).reshape([h.shape[0]!, -1]);
      } else {
        const kernel = params[next]!;
        const bias = params[next + 1]!;
        next += 2;
        h =
          layer.layer === "conv"
            ? lax.conv(h, kernel, [1, 1], "SAME").add(bias.reshape([1, -1, 1, 1]))
            : np.dot(h, kernel).add(bias);
      }
    }
    return h;
  }
  const lossOf = (params: Arrays, input: np.Array, target: np.Array): np.Array =>
    np
      .square(apply(params, input).sub(target))
      .sum()
      .mul(0.5 / input.shape[0]!);

  const gradient = jit((params: Arrays, input: np.Array, target: np.Array): Arrays =>
    grad((at: Arrays) => lossOf(at, input, target))(params),
  );
  const product = jit((params: Arrays, v: Arrays, input: np.Array, target: np.Array): Arrays => {
    const [, tangent] = jvp(
      grad((at: Arrays) => lossOf(at, input, target)),
      [params],
      [v],
    );
    return tangent;
  });
  const step = jit((params: Arrays, input: np.Array, target: np.Array, rate: np.Array): Arrays => {
    const g = grad((at: Arrays) => lossOf(at, input, target))(ref(params));
    return params.map((w, k) => w.sub(g[k]!.mul(rate.ref)));
  });

  async function read(arrays: Arrays): Promise<{ vector: Float32Array }> {
    const parts: number[] = [];
    for (const array of arrays) {
      const own = array.shape.length === 4 ? np.transpose(array, [2, 3, 1, 0]) : array;
      for (const value of (await own.data()) as Float32Array) parts.push(value);
    }
    return { vector: Float32Array.from(parts) };
  }
  const rowsOf = (source: Float32Array, chosen: Int32Array): Float32Array => {
    const width = source.length / examples;
    const rows = new Float32Array(chosen.length * width);
    chosen.forEach((index, k) => rows.set(source.subarray(index * width, (index + 1) * width), k * width));
    return rows;
  };

  return {
    versions: { "@jax-js/jax": version, node: process.versions.node },
    threads: 1,
    workloads: {
      gradient: () => run(() => blockUntilReady(gradient(ref(point), x.ref, y.ref)), read),
      "hvp-cold": () => run(() => blockUntilReady(product(ref(point), ref(direction), x.ref, y.ref)), read),
      sgd: ({ batch = 1, steps = 1, rate = 0 }) => {
        const chosen = batches(batch).slice(0, steps);
        return run(async () => {
          let params = ref(point);
          for (const indices of chosen) {
            const input = images(rowsOf(inputs, indices), batch);
            const target = np.array(rowsOf(targets, indices)).reshape([batch, outputs]);
            params = step(params, input, target, np.array(rate));
          }
          return blockUntilReady(params);
        }, read);
      },
    },
  };
}

await serve(load);

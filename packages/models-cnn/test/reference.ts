// Networks in plain JavaScript, Float64, one example at a time and one loop an index: slow and independent of TensorFlow.js.
import type { LayerSpec, NamedArrays, Network } from "@sgdscope/models-cnn";

interface Map3 {
  shape: number[];
  data: Float64Array;
}

/** f(x; θ) of every example, row-major n×C. */
export function referenceForward(network: Network, arrays: NamedArrays, x: ArrayLike<number>, n: number): Float64Array {
  const size = network.inputShape.reduce((a, b) => a * b, 1);
  const values = { ...arrays, ...network.buffers };
  const out = new Float64Array(n * network.outputs);
  for (let i = 0; i < n; i++) {
    const data = Float64Array.from({ length: size }, (_, k) => x[i * size + k]!);
    out.set(run(network.specs, { shape: network.inputShape, data }, values).data, i * network.outputs);
  }
  return out;
}

const run = (specs: readonly LayerSpec[], x: Map3, values: NamedArrays): Map3 =>
  specs.reduce((value, spec) => step(spec, value, values), x);

function step(spec: LayerSpec, x: Map3, values: NamedArrays): Map3 {
  const array = (field: string): ArrayLike<number> | undefined =>
    values[`${spec.name!}.${field}`]?.data as ArrayLike<number> | undefined;
  const [h, w, c] = x.shape as [number, number, number];
  switch (spec.layer) {
    case "flatten":
      return { shape: [x.data.length], data: x.data };
    case "activation":
      return { shape: x.shape, data: x.data.map((value) => activationOf(spec.function, value)) };
    case "dense": {
      const [kernel, bias] = [array("kernel")!, array("bias")];
      const data = Float64Array.from({ length: spec.units }, (_, j) =>
        x.data.reduce((sum, value, i) => sum + value * kernel[i * spec.units + j]!, bias?.[j] ?? 0),
      );
      return { shape: [spec.units], data };
    }
    case "conv": {
      const { size, filters, stride = 1, padding = "same" } = spec;
      const [kernel, bias] = [array("kernel")!, array("bias")];
      const [outH, top] = extent(h, size, stride, padding);
      const [outW, left] = extent(w, size, stride, padding);
      const data = new Float64Array(outH * outW * filters);
      for (let y = 0; y < outH; y++)
        for (let z = 0; z < outW; z++)
          for (let f = 0; f < filters; f++) {
            let sum = bias?.[f] ?? 0;
            for (let a = 0; a < size; a++)
              for (let b = 0; b < size; b++) {
                const [row, column] = [y * stride + a - top, z * stride + b - left];
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                for (let k = 0; k < c; k++)
                  sum += x.data[(row * w + column) * c + k]! * kernel[((a * size + b) * c + k) * filters + f]!;
              }
            data[(y * outW + z) * filters + f] = sum;
          }
      return { shape: [outH, outW, filters], data };
    }
    case "pool": {
      const { size = 2, stride = size, kind } = spec;
      const [outH, outW] = [Math.floor((h - size) / stride) + 1, Math.floor((w - size) / stride) + 1];
      const data = new Float64Array(outH * outW * c);
      for (let y = 0; y < outH; y++)
        for (let z = 0; z < outW; z++)
          for (let k = 0; k < c; k++) {
            const window: number[] = [];
            for (let a = 0; a < size; a++)
              for (let b = 0; b < size; b++) window.push(x.data[((y * stride + a) * w + z * stride + b) * c + k]!);
            data[(y * outW + z) * c + k] =
              kind === "max" ? Math.max(...window) : window.reduce((s, v) => s + v, 0) / window.length;
          }
      return { shape: [outH, outW, c], data };
    }
    case "global-average-pool": {
      const data = new Float64Array(c);
      x.data.forEach((value, i) => (data[i % c]! += value / (h * w)));
      return { shape: [c], data };
    }
    case "batch-norm": {
      const [gamma, beta, mean, variance] = ["gamma", "beta", "mean", "variance"].map((field) => array(field)!);
      const channels = x.shape.at(-1)!;
      const data = x.data.map((value, i) => {
        const k = i % channels;
        return (gamma![k]! * (value - mean![k]!)) / Math.sqrt(variance![k]! + (spec.epsilon ?? 1e-5)) + beta![k]!;
      });
      return { shape: x.shape, data };
    }
    case "subsample": {
      const { stride, filters } = spec;
      const [outH, outW] = [Math.ceil(h / stride), Math.ceil(w / stride)];
      const data = new Float64Array(outH * outW * filters);
      for (let y = 0; y < outH; y++)
        for (let z = 0; z < outW; z++)
          for (let k = 0; k < c; k++)
            data[(y * outW + z) * filters + k] = x.data[(y * stride * w + z * stride) * c + k]!;
      return { shape: [outH, outW, filters], data };
    }
    case "residual": {
      const branch = run(spec.branch, x, values);
      const shortcut = run(spec.shortcut ?? [], x, values);
      return { shape: branch.shape, data: branch.data.map((value, i) => value + shortcut.data[i]!) };
    }
  }
}

/** Rows of the output and zeros before the first row. */
function extent(n: number, size: number, stride: number, padding: string): [rows: number, before: number] {
  if (padding === "valid") return [Math.floor((n - size) / stride) + 1, 0];
  if (padding === "symmetric") return [Math.floor((n + size - 1 - size) / stride) + 1, (size - 1) / 2];
  const rows = Math.ceil(n / stride);
  return [rows, Math.floor(Math.max((rows - 1) * stride + size - n, 0) / 2)];
}

function activationOf(name: string, x: number): number {
  switch (name) {
    case "relu":
      return Math.max(x, 0);
    case "tanh":
      return Math.tanh(x);
    case "elu":
      return x > 0 ? x : Math.expm1(x);
    case "gelu":
      return 0.5 * x * (1 + erf(x / Math.SQRT2));
    case "softplus":
      return Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
    case "sigmoid":
      return 1 / (1 + Math.exp(-x));
    default:
      return x;
  }
}

/** Maclaurin series of the error function; exact to 1e-12 for |x| < 4. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; k < 120; k++) {
    term *= (-x * x) / k;
    sum += term / (2 * k + 1);
  }
  return Math.abs(x) > 4 ? Math.sign(x) : (2 / Math.sqrt(Math.PI)) * sum;
}

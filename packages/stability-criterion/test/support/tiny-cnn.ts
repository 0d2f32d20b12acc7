import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gramSystemFromJacobian, type GramSystem } from "@sgdscope/noise-structure";

/** A feature map of height × width × channels, row-major. */
interface Feature {
  side: number;
  channels: number;
  data: Float64Array;
}

/** The folder of PyTorch references, when it is there. */
export const fixtures = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"] || undefined;

/** The Gram system of the fixture's CNN in double precision: its Jacobian by hand-written backpropagation. */
export function tinyCnnSystem(name: string): GramSystem {
  const folder = join(fixtures!, `${name}.bin`);
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Record<
    string,
    { dtype: string; shape: number[]; file: string }
  >;
  const read = (key: string): { shape: number[]; data: Float64Array } => {
    const { dtype, shape, file } = manifest[key]!;
    const bytes = readFileSync(join(folder, file));
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    return { shape, data: Float64Array.from(dtype === "int32" ? new Int32Array(buffer) : new Float32Array(buffer)) };
  };
  const x = read("x");
  const labels = read("labels").data;
  const [k1, b1, k2, b2, kernel, bias] = [
    "conv1.kernel",
    "conv1.bias",
    "conv2.kernel",
    "conv2.bias",
    "dense.kernel",
    "dense.bias",
  ].map((key) => read(key).data);
  const [examples, side, , channels] = x.shape as [number, number, number, number];
  const outputs = bias!.length;
  const [c1, c2] = [b1!.length, b2!.length];
  const parameters = k1!.length + c1 + k2!.length + c2 + kernel!.length + outputs;
  const jacobian = new Float64Array(examples * outputs * parameters);
  const residuals = new Float64Array(examples * outputs);
  const pixels = side * side * channels;
  for (let i = 0; i < examples; i++) {
    const input = { side, channels, data: x.data.subarray(i * pixels, (i + 1) * pixels) };
    const z1 = conv(input, k1!, b1!);
    const a1 = pool(relu(z1));
    const z2 = conv(a1, k2!, b2!);
    const a2 = pool(relu(z2));
    for (let c = 0; c < outputs; c++) {
      let output = bias![c]!;
      a2.data.forEach((value, f) => (output += value * kernel![f * outputs + c]!));
      residuals[i * outputs + c] = output - (labels[i] === c ? 1 : 0);

      const row = jacobian.subarray((i * outputs + c) * parameters, (i * outputs + c + 1) * parameters);
      const parts = [k1!, b1!, k2!, b2!, kernel!, bias!].map((part) => part.length);
      const at = parts.map((_, p) => parts.slice(0, p).reduce((sum, length) => sum + length, 0));
      a2.data.forEach((value, f) => (row[at[4]! + f * outputs + c] = value));
      row[at[5]! + c] = 1;
      const d2 = maskedUnpool({ ...a2, data: a2.data.map((_, f) => kernel![f * outputs + c]!) }, z2);
      const dA1 = convGradients(a1, d2, k2!, row.subarray(at[2]), row.subarray(at[3]));
      const d1 = maskedUnpool(dA1, z1);
      convGradients(input, d1, k1!, row.subarray(at[0]), row.subarray(at[1]));
    }
  }
  return gramSystemFromJacobian(jacobian, residuals, { examples, outputs });
}

/** Calls back for every pair of an output pixel and an input pixel under a 3 × 3 window with zero padding. */
function window(side: number, visit: (out: number, into: number, tap: number) => void): void {
  for (let h = 0; h < side; h++)
    for (let w = 0; w < side; w++)
      for (let u = 0; u < 3; u++)
        for (let v = 0; v < 3; v++) {
          const [y, x] = [h + u - 1, w + v - 1];
          if (y >= 0 && y < side && x >= 0 && x < side) visit(h * side + w, y * side + x, u * 3 + v);
        }
}

function conv(input: Feature, kernel: Float64Array, bias: Float64Array): Feature {
  const { side, channels } = input;
  const filters = bias.length;
  const data = new Float64Array(side * side * filters);
  for (let o = 0; o < data.length; o++) data[o] = bias[o % filters]!;
  window(side, (out, into, tap) => {
    for (let c = 0; c < channels; c++)
      for (let f = 0; f < filters; f++)
        data[out * filters + f]! += input.data[into * channels + c]! * kernel[(tap * channels + c) * filters + f]!;
  });
  return { side, channels: filters, data };
}

/** Adds the gradients of kernel and bias; returns that of the input. */
function convGradients(
  input: Feature,
  upstream: Feature,
  kernel: Float64Array,
  kernelGradient: Float64Array,
  biasGradient: Float64Array,
): Feature {
  const { side, channels } = input;
  const filters = upstream.channels;
  const data = new Float64Array(input.data.length);
  upstream.data.forEach((value, o) => (biasGradient[o % filters]! += value));
  window(side, (out, into, tap) => {
    for (let c = 0; c < channels; c++)
      for (let f = 0; f < filters; f++) {
        const k = (tap * channels + c) * filters + f;
        kernelGradient[k]! += input.data[into * channels + c]! * upstream.data[out * filters + f]!;
        data[into * channels + c]! += kernel[k]! * upstream.data[out * filters + f]!;
      }
  });
  return { side, channels, data };
}

const relu = (z: Feature): Feature => ({ ...z, data: z.data.map((value) => Math.max(0, value)) });

const pooled = ({ side, channels }: Feature, o: number): number => {
  const [pixel, c] = [Math.floor(o / channels), o % channels];
  const [h, w] = [Math.floor(pixel / side), pixel % side];
  return ((h >> 1) * (side / 2) + (w >> 1)) * channels + c;
};

function pool(input: Feature): Feature {
  const data = new Float64Array(input.data.length / 4);
  input.data.forEach((value, o) => (data[pooled(input, o)]! += value / 4));
  return { side: input.side / 2, channels: input.channels, data };
}

/** Backwards through average pooling and ReLU at pre-activation z. */
const maskedUnpool = (upstream: Feature, z: Feature): Feature => ({
  ...z,
  data: z.data.map((value, o) => (value > 0 ? upstream.data[pooled(z, o)]! / 4 : 0)),
});

import * as tf from "@tensorflow/tfjs-core";
import { HyperDual, square, total } from "./hyper-dual.js";

/** One operation: in TensorFlow.js, and independently on hyper-dual numbers, flat and row-major. */
export interface Case {
  name: string;
  /** Shapes and values of the parameters, away from kinks. */
  params: Record<string, { shape: number[]; values: number[] }>;
  tensors: (params: Record<string, tf.Tensor>) => tf.Tensor;
  duals: (params: Record<string, HyperDual[]>) => HyperDual[];
  /** Relative tolerance of H·v; Float32 in a few operations each. */
  tolerance?: number;
}

/** Deterministic values in [low, high] that look random, rounded to Float32, at least `gap` from zero. */
export function values(count: number, seed: number, low = -1.5, high = 1.5, gap = 0.05): number[] {
  return Array.from({ length: count }, (_, i) => {
    const wave = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    const value = low + (high - low) * (wave - Math.floor(wave));
    return Math.fround(Math.abs(value) < gap ? Math.sign(value || 1) * gap : value);
  });
}

/** A parameter of this shape. */
export const parameter = (
  shape: number[],
  seed: number,
  low?: number,
  high?: number,
): { shape: number[]; values: number[] } => ({ shape, values: values(sizeOf(shape), seed, low, high) });

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, each) => product * each, 1);

/** Weights that make every output count differently: L = Σ wⱼ yⱼ + ½ yⱼ². */
const weightsOf = (count: number): number[] => values(count, 3);

/** The scalar function of a case, in TensorFlow.js. */
export const lossOf =
  ({ tensors }: Case) =>
  (params: tf.NamedTensorMap): tf.Tensor => {
    const y = tensors(params);
    const weights = tf.tensor(weightsOf(y.size), y.shape);
    return tf.add(tf.sum(tf.mul(y, weights)), tf.mul(0.5, tf.sum(tf.square(y))));
  };

export const paramsOf = ({ params }: Case): tf.NamedTensorMap =>
  Object.fromEntries(Object.entries(params).map(([name, { shape, values }]) => [name, tf.tensor(values, shape)]));

/** Flat direction in the order of the parameters. */
export const directionOf = ({ params }: Case, seed: number): Float64Array =>
  Float64Array.from(
    values(
      Object.values(params).reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      seed,
      -1,
      1,
    ),
  );

/** What the independent evaluation says: gradient and H·v of the loss, and J·v of the outputs. */
export function reference(given: Case, v: Float64Array): { gradient: number[]; product: number[]; forward: number[] } {
  const size = v.length;
  const evaluate = (coordinate: number): { loss: HyperDual; outputs: HyperDual[] } => {
    let at = 0;
    const params = Object.fromEntries(
      Object.entries(given.params).map(([name, { values }]) => [
        name,
        values.map((value) => new HyperDual(value, v[at], at++ === coordinate ? 1 : 0)),
      ]),
    );
    const outputs = given.duals(params);
    const weights = weightsOf(outputs.length);
    const loss = total(outputs.map((y, i) => y.times(weights[i]!).plus(square(y).times(0.5))));
    return { loss, outputs };
  };
  const all = Array.from({ length: size }, (_, i) => evaluate(i));
  return {
    gradient: all.map(({ loss }) => loss.c),
    product: all.map(({ loss }) => loss.d),
    forward: all[0]!.outputs.map(({ b }) => b),
  };
}

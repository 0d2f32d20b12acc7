import * as tf from "@tensorflow/tfjs-core";
import { expectLength } from "./errors.js";
import type { ClosedFormModel, Random } from "./model.js";
import type { DeepLinear } from "./models/deep-linear.js";
import type { DiagonalLinear } from "./models/diagonal-linear.js";
import type { LinearRegression } from "./models/linear-regression.js";
import type { RandomFeatures } from "./models/random-features.js";
import type { TwoLayerRelu } from "./models/two-layer-relu.js";

type AnyModel = LinearRegression | DiagonalLinear | DeepLinear | RandomFeatures | TwoLayerRelu;

/** A closed-form model as a pure function of tensors, Float32. */
export interface TensorModel {
  name: string;
  inputShape: number[];
  outputs: number;
  /** The start of the closed form, so that both start alike from the same seed; the caller disposes it. */
  init(random: Random): tf.NamedTensorMap;
  /** x [n, d] to f [n, C]; the caller disposes it; no other tensor remains. */
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
  /** A vector θ as tensors; the caller disposes them. Throws ModelsRfmError `WRONG_LENGTH`. */
  tensors(theta: Float64Array): tf.NamedTensorMap;
  /** Tensors as a vector θ, Float64, read from the device. */
  vector(params: tf.NamedTensorMap): Promise<Float64Array>;
  /** Frees the fixed first layer of a random feature model; nothing for the others. */
  dispose(): void;
}

/**
 * The same model in TensorFlow.js: same names, same order of parameters, values rounded to Float32.
 *
 * A random feature model keeps its fixed first layer on the device until `dispose`.
 */
export function tensorModel(model: AnyModel): TensorModel {
  const { apply, dispose } = forwardOf(model);
  const tensors = (theta: Float64Array): tf.NamedTensorMap => split(model, theta);
  return {
    name: model.name,
    inputShape: [model.inputs],
    outputs: model.outputs,
    init: (random) => tensors(model.init(random)),
    apply: (params, x) => tf.tidy(() => apply(params, x)),
    tensors,
    async vector(params) {
      const parts = await Promise.all(Object.keys(model.shapes).map(async (name) => params[name]!.data<"float32">()));
      return Float64Array.from(parts.flatMap((part) => [...part]));
    },
    dispose,
  };
}

interface Forward {
  apply: TensorModel["apply"];
  dispose: () => void;
}

function forwardOf(model: AnyModel): Forward {
  const nothing = (): void => undefined;
  switch (model.kind) {
    case "linear-regression":
      return { apply: (params, x) => tf.matMul(x, params["weights"]!), dispose: nothing };
    case "diagonal-linear":
      return { apply: (params, x) => tf.matMul(x, tf.mul(params["first"]!, params["second"]!)), dispose: nothing };
    case "deep-linear": {
      const layers = Object.keys(model.shapes);
      return {
        apply: (params, x) => layers.reduce((a, layer) => tf.matMul(a, params[layer]!, false, true), x),
        dispose: nothing,
      };
    }
    case "two-layer-relu":
      return {
        apply: (params, x) => tf.matMul(tf.relu(tf.matMul(x, params["hidden"]!, false, true)), params["output"]!),
        dispose: nothing,
      };
    case "random-features": {
      const directions = tf.tensor(Float32Array.from(model.directions), [model.features, model.inputs], "float32");
      const norm = 1 / Math.sqrt(model.features);
      const sigma = { relu: tf.relu, tanh: tf.tanh, erf: tf.erf, linear: (z: tf.Tensor) => z }[model.activation];
      return {
        apply: (params, x) => tf.matMul(tf.mul(sigma(tf.matMul(x, directions, false, true)), norm), params["weights"]!),
        dispose: () => directions.dispose(),
      };
    }
  }
}

function split(model: ClosedFormModel, theta: Float64Array): tf.NamedTensorMap {
  expectLength("tensors: expected theta", theta, model.parameters);
  const params: tf.NamedTensorMap = {};
  let offset = 0;
  for (const [name, shape] of Object.entries(model.shapes)) {
    const size = shape.reduce((a, b) => a * b, 1);
    params[name] = tf.tensor(Float32Array.from(theta.subarray(offset, offset + size)), [...shape], "float32");
    offset += size;
  }
  return params;
}

import { hessianOperator, unflatten, type TensorOperator } from "@sgdscope/autodiff";
import type { ImageDataset } from "@sgdscope/cifar-loader";
import type { OutputLoss } from "@sgdscope/noise-structure/losses";
import type { Optimizer } from "@sgdscope/sgd";
import type { TensorTrainee } from "@sgdscope/sgd/tensor";
import * as tf from "@tensorflow/tfjs-core";

/** The loss of some examples where a training stands, with two derivatives; nothing here changes the trainee. */
export interface ExampleLoss {
  /** ĝ = (1/divisor) Σ_{i∈batch} ∇ℓᵢ; for an optimizer the gradient of its step, which SAM takes at its perturbed point. */
  gradient(batch: Int32Array, divisor: number, optimizer?: Optimizer): Promise<Float64Array>;
  /**
   * η ↦ (1/divisor) Σ_{i∈batch} ℓᵢ(θ − ηu), summed in Float64.
   *
   * @param body - Gets that function, and may use it until its promise settles.
   */
  along<T>(
    batch: Int32Array,
    divisor: number,
    update: Float64Array,
    body: (lossAt: (step: number) => Promise<number>) => Promise<T>,
  ): Promise<T>;
  /** H of the mean of ℓᵢ over a batch that is not empty, or over all examples. The caller disposes it. */
  hessian(batch?: Int32Array): TensorOperator;
}

/** What of a model is used. */
interface Applicable {
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
}

/**
 * The losses of single examples of a network that is being trained.
 *
 * @param loss - Undefined for the square loss ½‖f − y‖².
 */
export function exampleLoss(
  model: Applicable,
  trainee: TensorTrainee,
  data: ImageDataset,
  loss: OutputLoss | undefined,
): ExampleLoss {
  const value = loss?.value ?? halfSquare;
  return {
    gradient: (batch, divisor, optimizer) => trainee.gradient(batch, divisor, optimizer),
    async along(batch, divisor, update, body) {
      const { size, inputs, targets, outputs } = chosen(data, batch);
      const x = tf.tensor(inputs, [size, ...data.inputShape], "float32");
      const u = unflatten(update, trainee.parameters);
      const lossAt = async (step: number): Promise<number> => {
        const f = tf.tidy(() => {
          const moved = Object.entries(trainee.parameters).map(([name, at]): [string, tf.Tensor] => [
            name,
            tf.sub(at, tf.mul(u[name]!, step)),
          ]);
          return model.apply(Object.fromEntries(moved), x);
        });
        const found = Float64Array.from(await f.data<"float32">());
        f.dispose();
        let sum = 0;
        for (let i = 0; i < size; i++) {
          const [first, end] = [i * outputs, (i + 1) * outputs];
          sum += value(found.subarray(first, end), targets.subarray(first, end));
        }
        return sum / divisor;
      };
      try {
        return await body(lossAt);
      } finally {
        tf.dispose([x, u]);
      }
    },
    hessian: (batch) =>
      hessianOperator(
        model,
        trainee.parameters,
        batch === undefined ? data : chosen(data, batch),
        // That the model is pure, the whole data set says once; batches are many.
        { check: batch === undefined, ...(loss === undefined ? {} : { loss }) },
      ),
  };
}

function halfSquare(f: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let c = 0; c < f.length; c++) sum += (f[c]! - y[c]!) ** 2;
  return sum / 2;
}

/** Some examples of a data set, which may repeat. */
function chosen(
  { inputs, targets, inputShape, outputs }: ImageDataset,
  batch: Int32Array,
): Pick<ImageDataset, "size" | "inputShape" | "outputs" | "inputs" | "targets"> {
  const rows = (data: Float32Array, width: number): Float32Array => {
    const out = new Float32Array(batch.length * width);
    batch.forEach((i, k) => out.set(data.subarray(i * width, (i + 1) * width), k * width));
    return out;
  };
  const width = inputShape.reduce((product, each) => product * each, 1);
  return { size: batch.length, inputShape, outputs, inputs: rows(inputs, width), targets: rows(targets, outputs) };
}

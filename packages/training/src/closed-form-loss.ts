import type { OutputLoss } from "@sgdscope/noise-structure/losses";
import type { ClosedFormModel } from "@sgdscope/models-rfm";
import type { VectorProblem } from "@sgdscope/sgd";

/** Targets as the logistic loss takes them: 1 where they lie above their mean, else 0. */
export function labelsAboveMean(y: Float64Array): Float64Array {
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
  return y.map((value) => (value > mean ? 1 : 0));
}

/**
 * A loss that is not square on the outputs of a closed-form model, as `vectorTrainee` takes it: Float64, two forward passes and one
 * backward pass per example of a batch.
 */
export function lossProblem(
  model: ClosedFormModel,
  X: Float64Array,
  y: Float64Array,
  loss: OutputLoss,
): Omit<VectorProblem, "parameters"> {
  const { inputs, outputs } = model;
  const size = y.length / outputs;
  const target = (i: number): Float64Array => y.subarray(i * outputs, (i + 1) * outputs);
  return {
    size,
    gradient(theta, batch, out) {
      const rows = new Float64Array(batch.length * inputs);
      batch.forEach((i, k) => {
        rows.set(X.subarray(i * inputs, (i + 1) * inputs), k * inputs);
      });
      const signals = model.predict(theta, rows);
      batch.forEach((i, k) => {
        signals.set(loss.at(signals.slice(k * outputs, (k + 1) * outputs), target(i), i).gradient, k * outputs);
      });
      model.pullBack(theta, rows, signals, Int32Array.from(batch.keys()), out);
    },
    loss(theta) {
      const f = model.predict(theta, X);
      let sum = 0;
      for (let i = 0; i < size; i++) sum += loss.value(f.subarray(i * outputs, (i + 1) * outputs), target(i), i);
      return sum / size;
    },
  };
}

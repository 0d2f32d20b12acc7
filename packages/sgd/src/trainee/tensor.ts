import type { Dataset } from "@sgdscope/array-files";
import * as tf from "@tensorflow/tfjs-core";
import { SgdError, expectInteger } from "../errors.js";
import { completeOptimizer, type Optimizer } from "../optimizers/optimizer.js";
import { ascentOf, baseOf } from "../optimizers/sam.js";
import { fits, noState, slots, type OptimizerState } from "../optimizers/state.js";
import { ascendedTensors } from "../optimizers/tensor/sam.js";
import { stepTensors } from "../optimizers/tensor/step.js";
import type { StateArray, StepOptions, Trainee } from "../trainee.js";
import type { OutputLoss } from "./output-loss.js";
import { stepsIn } from "./steps.js";

/** What of a dataset is trained on. */
export type TrainingData = Pick<Dataset, "size" | "outputs" | "inputs" | "targets"> & {
  inputShape: readonly number[];
};

/** A pure function of parameters: x [n, ...inputShape] to [n, outputs]. */
export interface Model {
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
}

/** Number of examples per evaluation of the model when the full loss is computed. */
const lossChunk = 1024;

/** A trainee whose tensors can be read while it trains. */
export interface TensorTrainee extends Trainee {
  /** The current parameters; owned by the trainee and disposed at its next step: clone what you keep. */
  readonly parameters: tf.NamedTensorMap;
  /**
   * ĝ = (1/divisor) Σ_{i∈batch} ∇ℓᵢ, the parameters one after the other as a snapshot has them; changes nothing.
   *
   * @param optimizer - Whose gradient: of SAM that of the perturbed point. Default that of the point itself.
   */
  gradient(batch: Int32Array, divisor: number, optimizer?: Optimizer): Promise<Float64Array>;
  step(batch: Int32Array, options: StepOptions): void;
  restore(arrays: Record<string, StateArray>): void;
  dispose(): void;
}

/**
 * Trains a TensorFlow.js model by the square loss, or another on its outputs, on the device: gradient, clipping, optimizer and update are never read back.
 *
 * Float32. A step costs one forward and one backward pass over the batch, of SAM two; a batch of all n examples in order needs no gather.
 * The full loss evaluates the model on 1024 examples at a time and is summed in Float64.
 * Gradients must be registered: import `@sgdscope/compute`, `@tensorflow/tfjs` or a backend package that does.
 * The inputs, targets, parameters and what the optimizer keeps stay on the device until `dispose`.
 *
 * @param params - Starting values; copied, so the caller still disposes its own.
 * @param options.loss - s on the device and ℓ in Float64; default the square loss ½‖f − y‖².
 * @throws SgdError `INVALID_DATASET`, `INVALID_PARAMETERS`, `GRADIENTS_NOT_REGISTERED`.
 */
export function tensorTrainee(
  model: Model,
  dataset: TrainingData,
  params: tf.NamedTensorMap,
  { loss: outputLoss }: { loss?: OutputLoss } = {},
): TensorTrainee {
  const { size, outputs } = validate(dataset);
  if ((tf.getGradient("BatchMatMul") as unknown) === undefined)
    throw new SgdError(
      "GRADIENTS_NOT_REGISTERED",
      'tensorTrainee: the gradients of TensorFlow.js are not registered; import "@sgdscope/compute" (or "@tensorflow/tfjs") once',
    );
  const names = Object.keys(params);
  if (names.length === 0)
    throw new SgdError("INVALID_PARAMETERS", "tensorTrainee: expected at least one parameter, got none");

  let weights: tf.Tensor[] = names.map((name) => tf.clone(params[name]!));
  let state: OptimizerState<readonly tf.Tensor[]> = noState();
  const inputs = tf.tensor(dataset.inputs, [size, ...dataset.inputShape], "float32");
  const targets = tf.tensor(dataset.targets, [size, outputs], "float32");
  let disposed = false;

  const named = (tensors: readonly tf.Tensor[]): tf.NamedTensorMap =>
    Object.fromEntries(names.map((name, k) => [name, tensors[k]!]));

  function alive(caller: string): void {
    if (disposed) throw new SgdError("DISPOSED", `${caller}: the trainee is disposed`);
  }

  const signal = outputLoss?.gradient ?? ((f: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.sub(f, y));

  async function flatGradient(batch: Int32Array, divisor: number, optimizer?: Optimizer): Promise<Float64Array> {
    alive("gradient");
    const ascent = optimizer === undefined ? 0 : ascentOf(completeOptimizer(optimizer));
    const flat = tf.tidy(() =>
      tf.concat1d(gradientOfStep(batch, 1 / divisor, divisor, ascent).map((part) => tf.reshape(part, [part.size]))),
    );
    const values = await flat.data<"float32">();
    flat.dispose();
    return Float64Array.from(values);
  }

  /** {@link gradient} where the optimizer takes it: at θ + ρĝ/‖ĝ‖ for an ascent ρ. */
  function gradientOfStep(batch: Int32Array, factor: number, divisor: number, ascent: number): tf.Tensor[] {
    if (ascent === 0) return gradient(batch, factor);
    return gradient(batch, factor, ascendedTensors(weights, gradient(batch, 1 / divisor), ascent));
  }

  /** factor · Σ_{i∈batch} ∇ℓ(f(xᵢ), yᵢ), one tensor per parameter; zeros for an empty batch. */
  function gradient(batch: Int32Array, factor: number, at: readonly tf.Tensor[] = weights): tf.Tensor[] {
    if (batch.length === 0) return weights.map((w) => tf.zerosLike(w));
    const everything = isEverything(batch, size);
    const x = everything ? inputs : rows(dataset.inputs, batch, dataset.inputShape);
    const y = everything ? targets : rows(dataset.targets, batch, [outputs]);
    // s, the residual of the square loss, is what is propagated back; the value of the loss itself is never needed.
    const propagated = tf.customGrad((f: tf.Tensor | tf.GradSaveFunc) => {
      const s = signal(f as tf.Tensor, y);
      return { value: s, gradFunc: () => tf.mul(s, factor) };
    });
    return tf.grads((...tensors: tf.Tensor[]) => propagated(model.apply(named(tensors), x)))([...at]);
  }

  /** New weights, and the new state of the optimizer. */
  function stepped(
    batch: Int32Array,
    { learningRate, optimizer, clipNorm, divisor }: StepOptions,
  ): { weights: tf.Tensor[]; state: OptimizerState<readonly tf.Tensor[]> } {
    const asked = completeOptimizer(optimizer);
    const complete = baseOf(asked);
    const ascent = ascentOf(asked);
    const before = fits(complete.kind, state) ? state : noState<readonly tf.Tensor[]>();
    const plain = complete.kind === "sgd" && complete.weightDecay === 0;
    // Without clipping the learning rate multiplies the residual: one operation less per parameter.
    if (plain && clipNorm === Infinity) {
      const updates = gradientOfStep(batch, learningRate / divisor, divisor, ascent);
      return { weights: weights.map((w, k) => tf.sub(w, updates[k]!)), state: before };
    }
    const g = gradientOfStep(batch, 1 / divisor, divisor, ascent);
    const clip = clipNorm === Infinity ? tf.scalar(1) : clipFactor(g, clipNorm);
    if (plain) {
      const rate = tf.mul(clip, learningRate);
      return { weights: weights.map((w, k) => tf.sub(w, tf.mul(g[k]!, rate))), state: before };
    }
    const clipped = clipNorm === Infinity ? g : g.map((part) => tf.mul(part, clip));
    return stepTensors(complete, weights, clipped, learningRate, before);
  }

  function step(batch: Int32Array, options: StepOptions): void {
    alive("step");
    const { kind, weightDecay = 0 } = options.optimizer;
    if (batch.length === 0 && kind === "sgd" && weightDecay === 0) return;
    let next = state;
    const old = weights;
    tf.tidy(() => {
      const result = stepped(batch, options);
      weights = result.weights.map((w) => tf.keep(w));
      next = result.state;
      for (const kept of Object.values(next.slots)) for (const tensor of kept) tf.keep(tensor);
    });
    tf.dispose(old);
    const still = new Set(Object.values(next.slots).flat());
    tf.dispose(tensorsOf(state).filter((tensor) => !still.has(tensor)));
    state = next;
  }

  async function loss(): Promise<number> {
    alive("loss");
    let sum = 0;
    for (let first = 0; first < size; first += lossChunk) {
      const found = tf.tidy(() => {
        const chunk = (all: tf.Tensor): tf.Tensor =>
          size <= lossChunk ? all : tf.slice(all, first, Math.min(lossChunk, size - first));
        const f = model.apply(named(weights), chunk(inputs));
        return outputLoss === undefined ? tf.sub(f, chunk(targets)) : f;
      });
      const values = await found.data<"float32">();
      found.dispose();
      if (outputLoss === undefined) for (const r of values) sum += (r * r) / 2;
      else sum += lossOf(outputLoss, values, first);
    }
    return sum / size;
  }

  /** Σ ℓ of a chunk of outputs. */
  function lossOf({ value }: OutputLoss, f: Float32Array, first: number): number {
    let sum = 0;
    for (let at = 0; at < f.length; at += outputs) {
      const target = first * outputs + at;
      sum += value(
        Float64Array.from(f.subarray(at, at + outputs)),
        Float64Array.from(dataset.targets.subarray(target, target + outputs)),
      );
    }
    return sum;
  }

  async function snapshot(): Promise<Record<string, StateArray>> {
    alive("snapshot");
    const arrays: Record<string, StateArray> = {};
    const read = async (prefix: string, tensors: readonly tf.Tensor[]): Promise<void> => {
      for (const [k, tensor] of tensors.entries())
        arrays[`${prefix}/${names[k]!}`] = {
          shape: [...tensor.shape],
          data: Float32Array.from(await tensor.data<"float32">()),
        };
    };
    await read("parameters", weights);
    for (const slot of slots) if (state.slots[slot] !== undefined) await read(slot, state.slots[slot]);
    if (state.steps > 0) arrays["optimizer-steps"] = { shape: [1], data: Float64Array.of(state.steps) };
    return arrays;
  }

  function restore(arrays: Record<string, StateArray>): void {
    alive("restore");
    const shapes = weights.map((w) => w.shape);
    const load = (prefix: string): tf.Tensor[] => {
      const data = names.map((name, k) => float32(arrays, `${prefix}/${name}`, shapes[k]!));
      return data.map((values, k) => tf.tensor(values.slice(), shapes[k], "float32"));
    };
    const steps = stepsIn(arrays);
    const kept = slots.filter((slot) => names.some((name) => `${slot}/${name}` in arrays));
    for (const prefix of ["parameters", ...kept])
      for (const [k, name] of names.entries()) float32(arrays, `${prefix}/${name}`, shapes[k]!);
    const loaded = load("parameters");
    tf.dispose([weights, tensorsOf(state)]);
    weights = loaded;
    state = { steps, slots: Object.fromEntries(kept.map((slot) => [slot, load(slot)])) };
  }

  return {
    size,
    get parameters() {
      return named(weights);
    },
    gradient: flatGradient,
    step,
    loss,
    snapshot,
    restore,
    dispose() {
      if (disposed) return;
      disposed = true;
      tf.dispose([inputs, targets, weights, tensorsOf(state)]);
    },
  };
}

const tensorsOf = ({ slots: kept }: OptimizerState<readonly tf.Tensor[]>): tf.Tensor[] => Object.values(kept).flat();

/** min(1, clipNorm/‖g‖), on the device. */
function clipFactor(g: readonly tf.Tensor[], clipNorm: number): tf.Tensor {
  const square = tf.addN(g.map((part) => tf.sum(tf.square(part))));
  return tf.minimum(1, tf.div(clipNorm, tf.sqrt(square)));
}

/** The chosen rows of a row-major array, as a tensor. */
function rows(data: Float32Array, batch: Int32Array, shape: readonly number[]): tf.Tensor {
  const width = shape.reduce((a, b) => a * b, 1);
  const only = batch[0]!;
  if (batch.length === 1) return tf.tensor(data.subarray(only * width, (only + 1) * width), [1, ...shape], "float32");
  const chosen = new Float32Array(batch.length * width);
  for (let k = 0; k < batch.length; k++)
    chosen.set(data.subarray(batch[k]! * width, (batch[k]! + 1) * width), k * width);
  return tf.tensor(chosen, [batch.length, ...shape], "float32");
}

function isEverything(batch: Int32Array, size: number): boolean {
  return batch.length === size && batch.every((example, k) => example === k);
}

function float32(arrays: Record<string, StateArray>, name: string, shape: readonly number[]): Float32Array {
  const array = arrays[name];
  if (array === undefined || !(array.data instanceof Float32Array) || array.shape.join() !== shape.join()) {
    const got = array === undefined ? "nothing" : `${array.data.constructor.name} [${array.shape.join(", ")}]`;
    throw new SgdError(
      "INVALID_CHECKPOINT",
      `restore: expected ${name} to be a Float32Array [${shape.join(", ")}], got ${got}`,
    );
  }
  return array.data;
}

function validate(dataset: TrainingData): { size: number; outputs: number } {
  const { size, outputs, inputShape, inputs, targets } = dataset;
  expectInteger("INVALID_DATASET", "tensorTrainee: expected dataset.size", size, 1);
  expectInteger("INVALID_DATASET", "tensorTrainee: expected dataset.outputs", outputs, 1);
  const width = inputShape.reduce((a, b) => a * b, 1);
  if (inputs.length !== size * width)
    throw new SgdError(
      "INVALID_DATASET",
      `tensorTrainee: expected dataset.inputs of length ${size * width}, got ${inputs.length}`,
    );
  if (targets.length !== size * outputs)
    throw new SgdError(
      "INVALID_DATASET",
      `tensorTrainee: expected dataset.targets of length ${size * outputs}, got ${targets.length}`,
    );
  return { size, outputs };
}

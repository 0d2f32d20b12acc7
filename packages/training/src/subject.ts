import { gramSystem } from "@sgdscope/autodiff";
import { modelFromConfig, type NamedArray, type Network } from "@sgdscope/models-cnn";
import { leastSquares } from "@sgdscope/models-rfm";
import type { Precision } from "@sgdscope/analysis";
import { generalisedGramSystem, type LeastMeanLoss, type OutputLoss } from "@sgdscope/noise-structure/losses";
import type { SeededRandom } from "@sgdscope/random";
import { vectorTrainee, type Trainee } from "@sgdscope/sgd";
import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { tensorTrainee } from "@sgdscope/sgd/tensor";
import * as tf from "@tensorflow/tfjs-core";
import { closedFormProblem, type ClosedFormProblem } from "./closed-form.js";
import { labelsAboveMean, lossProblem } from "./closed-form-loss.js";
import { rescaled } from "./rescaled.js";
import { examplesOfTask, leastLossOf, outputLossOf, traineeLossOf } from "./loss.js";
import { frobeniusHOf, type MeasuredSystem } from "./measure.js";
import { exampleLoss, type ExampleLoss } from "./probe/example-loss.js";
import type { Estimate, LearnedFunction } from "./record.js";
import type { ClosedFormTask, MinimumTask, TrainingTask } from "./task.js";

/** What a study trains and measures, whatever computes it. */
export interface Subject {
  model: string;
  data: string;
  parameters: number;
  examples: number;
  outputs: number;
  /** TensorFlow.js backend, or "float64" for closed forms. */
  backend: string;
  /** Of the Gram matrices it gives. */
  precision: Precision;
  trainee: Trainee;
  /** The least loss that the targets allow: what the loss of the trainee is above it is its excess. */
  leastLoss: LeastMeanLoss;
  /** K and r at the current parameters; K̃ and r̃ of a loss that is not square. */
  system(): Promise<MeasuredSystem>;
  /**
   * The same with JP⁻¹Jᵀ in the place of K: what an optimizer that steps by ηP⁻¹m sees.
   *
   * @param preconditioner - P by the name of the parameter, as `preconditionerOf` of sgd gives it.
   */
  preconditionedSystem(preconditioner: Record<string, NamedArray>): Promise<MeasuredSystem>;
  /** ‖H‖_F by Hessian-vector products; undefined for none, and of closed forms. */
  frobeniusH(products: number, random: () => number): Promise<Estimate | undefined>;
  learned(): LearnedFunction | undefined;
  /** The parameters by name, and the buffers of normalisation layers. */
  arrays(): Promise<Record<string, NamedArray>>;
  /** Losses of single examples with two derivatives, at the current parameters; undefined of closed forms. */
  exampleLoss: ExampleLoss | undefined;
  /** The closed form behind it, with the current parameters (a live view); undefined for networks. */
  closedForm: (ClosedFormProblem & { parameters: Float64Array }) | undefined;
  dispose(): void;
}

/** Whether a task trains a model in closed form. */
export const isClosedForm = (task: Pick<TrainingTask, "model">): task is ClosedFormTask =>
  ["linear", "deep-linear", "diagonal-linear", "random-features", "two-layer-relu"].includes(task.model.kind);

/**
 * Data, model and starting parameters of a task. Networks need a prepared TensorFlow.js backend, closed forms none.
 *
 * @returns The caller disposes it.
 * @throws the errors of data and models.
 */
export async function openSubject(task: TrainingTask, random: SeededRandom): Promise<Subject> {
  return isClosedForm(task) ? openClosedForm(task, random) : openNetwork(task, random);
}

async function openClosedForm(task: ClosedFormTask, random: SeededRandom): Promise<Subject> {
  const problem = await closedFormProblem(task, random);
  const { name, model, size, outputs, X, start } = problem;
  const loss = outputLossOf(task);
  const y = loss?.id === "logistic" ? labelsAboveMean(problem.y) : problem.y;
  const trainee = vectorTrainee({
    parameters: start,
    ...(loss === undefined ? leastSquares(model, X, y) : lossProblem(model, X, y, loss)),
  });
  const shape = { examples: size, outputs };
  /** K̃ and r̃ from J, of a loss that is not square. */
  const generalised = (jacobian: Float64Array): MeasuredSystem =>
    generalisedGramSystem(
      { jacobian },
      { outputs: model.predict(trainee.parameters, X), targets: y, loss: loss! },
      shape,
    );
  return {
    model: model.name,
    data: name,
    parameters: model.parameters,
    examples: size,
    outputs,
    backend: "float64",
    precision: "float64",
    trainee,
    leastLoss: leastLossOf(task, { targets: y, size, outputs }),
    system: () =>
      Promise.resolve(
        loss === undefined
          ? model.gramSystem(trainee.parameters, X, y)
          : generalised(model.jacobian(trainee.parameters, X)),
      ),
    preconditionedSystem(preconditioner) {
      const roots = Float64Array.from(
        preconditioner["parameters"]!.data as Float64Array,
        (value) => 1 / Math.sqrt(value),
      );
      const jacobian = model.jacobian(trainee.parameters, X).map((value, k) => value * roots[k % roots.length]!);
      if (loss !== undefined) return Promise.resolve(generalised(jacobian));
      const residuals = model.residuals(trainee.parameters, X, y);
      return Promise.resolve(gramSystemFromJacobian(jacobian, residuals, shape));
    },
    frobeniusH: () => Promise.resolve(undefined),
    // The test loss of a problem is the square one.
    learned: () => ({
      ...problem.learned(trainee.parameters),
      ...(loss === undefined ? {} : { testLoss: undefined }),
    }),
    arrays: () => trainee.snapshot(),
    exampleLoss: undefined,
    closedForm: { ...problem, parameters: trainee.parameters },
    dispose: () => undefined,
  };
}

async function openNetwork(task: MinimumTask, random: SeededRandom): Promise<Subject> {
  const data = await examplesOfTask(task);
  const loss = outputLossOf(task);
  const bare = modelFromConfig(task.model);
  const initial = bare.init(random.stream("initial parameters"));
  const model = await calibrated(bare, initial, data);
  const trainee = tensorTrainee(model, data, initial, traineeLossOf(task));
  tf.dispose(initial);
  return {
    model: model.name,
    data: data.name,
    parameters: model.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    examples: data.size,
    outputs: data.outputs,
    backend: tf.getBackend(),
    precision: "float32",
    trainee,
    leastLoss: leastLossOf(task, data),
    system: async () => systemOf(await gramSystem(model, trainee.parameters, data.inputs, data.targets), data, loss),
    preconditionedSystem: (preconditioner) =>
      rescaled(model, trainee.parameters, preconditioner, async (scaled, parameters) =>
        systemOf(await gramSystem(scaled, parameters, data.inputs, data.targets), data, loss),
      ),
    frobeniusH: (products, probes) => frobeniusHOf(model, trainee.parameters, data, products, probes, loss),
    learned: () => undefined,
    arrays: async () => ({ ...parametersOf(await trainee.snapshot()), ...model.buffers }),
    exampleLoss: exampleLoss(model, trainee, data, loss),
    closedForm: undefined,
    dispose: () => trainee.dispose(),
  };
}

const systemOf = (
  system: Awaited<ReturnType<typeof gramSystem>>,
  { targets }: { targets: Float32Array },
  loss: OutputLoss | undefined,
): MeasuredSystem =>
  loss === undefined
    ? system
    : generalisedGramSystem({ gram: system.gram }, { outputs: system.predictions, targets, loss }, system);

/**
 * Batch normalisation is a fixed function here: its statistics are those of the whole data set at initialisation, so that
 * the loss is one function of the parameters and each example stands for itself.
 */
async function calibrated(
  network: Network,
  params: Record<string, tf.Tensor>,
  data: { inputs: Float32Array; size: number; inputShape: number[] },
): Promise<Network> {
  if (Object.keys(network.buffers).length === 0) return network;
  const x = tf.tensor(data.inputs, [data.size, ...data.inputShape], "float32");
  try {
    return await network.calibrate(params, x);
  } finally {
    x.dispose();
  }
}

/** The parameters of a snapshot, without the velocity. */
function parametersOf(snapshot: Awaited<ReturnType<Trainee["snapshot"]>>): Record<string, NamedArray> {
  const prefix = "parameters/";
  return Object.fromEntries(
    Object.entries(snapshot)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, array]) => [name.slice(prefix.length), array]),
  );
}

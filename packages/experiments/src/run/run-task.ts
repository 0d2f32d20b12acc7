import type { ImageDataset } from "@sgdscope/cifar-loader";
import { modelFromConfig, type NamedArray, type Network } from "@sgdscope/models-cnn";
import { seededRandom } from "@sgdscope/random";
import { training, warmUp, type Checkpoint, type LossRecord, type Trainee } from "@sgdscope/sgd";
import { tensorTrainee } from "@sgdscope/sgd/tensor";
import * as tf from "@tensorflow/tfjs-core";
import { datasetOf } from "./data.js";
import { measureAlignment, measureMinimum } from "./measure.js";
import type { MinimumRecord } from "./record.js";
import type { MinimumTask } from "./task.js";

/** What a run lets its caller see and stop. */
export interface RunHooks {
  /** Called with every check of the full loss. */
  progress?: (record: LossRecord) => void;
  /** Ends the training between two steps; an aborted run is checkpointed but not measured. */
  signal?: AbortSignal;
  /** Called with a checkpoint every so many steps, and once more where the run was aborted. */
  checkpoint?: { every: number; save(checkpoint: Checkpoint): Promise<void> };
  /** Continues from a checkpoint of the same task, bit for bit on the same backend. */
  resume?: Checkpoint;
}

/** A measured run and where it ended. */
export interface FinishedTask {
  record: MinimumRecord;
  /** The parameters by name, and the buffers of normalisation layers. */
  arrays: Record<string, NamedArray>;
}

/**
 * Trains one setting to a minimum and measures there. The prepared TensorFlow.js backend is used.
 *
 * Deterministic: the record but for its seconds is a function of the task and the backend.
 *
 * @throws the errors of the packages it composes; divergence is a record, not an error.
 */
export async function runMinimumTask(task: MinimumTask, hooks: RunHooks = {}): Promise<FinishedTask> {
  const start = performance.now();
  const data = await datasetOf(task.data);
  const random = seededRandom(task.seed);
  const bare = modelFromConfig(task.model);
  const initial = bare.init(random.stream("initial parameters"));
  const model = await calibrated(bare, initial, data);
  const trainee = tensorTrainee(model, data, initial);
  tf.dispose(initial);
  try {
    const driven = await training(trainee, {
      learningRate: task.warmUp > 0 ? warmUp(task.learningRate, task.warmUp) : task.learningRate,
      batchSize: task.batchSize,
      sampling: task.sampling,
      random: random.stream("batches"),
      momentum: task.momentum,
      clipNorm: task.clipNorm,
      maxSteps: task.maxSteps,
      divergedAbove: 1e6,
      stop: { lossBelow: task.lossBelow, every: task.every },
      probe: {
        at: task.alignmentAt,
        measure: (_, step) => measureAlignment(model, trainee.parameters, data, step),
      },
      ...(hooks.progress === undefined ? {} : { progress: hooks.progress }),
      ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
      ...(hooks.checkpoint === undefined ? {} : { checkpoint: hooks.checkpoint }),
      ...(hooks.resume === undefined ? {} : { resume: hooks.resume }),
    });
    const result = await driven.run();
    if (result.reason === "aborted") await hooks.checkpoint?.save(await driven.checkpoint());
    const unmeasured = result.reason === "diverged" || result.reason === "aborted";
    const minimum = unmeasured
      ? undefined
      : await measureMinimum(model, trainee.parameters, data, task, random.stream("probes"));
    const alignment = result.probes.map((probe) => probe.value);
    if (minimum !== undefined && alignment.at(-1)?.step !== result.steps)
      alignment.push({
        step: result.steps,
        loss: result.loss,
        alignmentFactor: minimum.alignmentFactor,
        frobeniusNorm: minimum.frobeniusNorm,
      });
    return {
      record: {
        model: model.name,
        data: data.name,
        parameters: model.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
        examples: data.size,
        outputs: data.outputs,
        learningRate: task.learningRate,
        batchSize: task.batchSize,
        sampling: task.sampling,
        seed: task.seed,
        gradientDescent: task.batchSize === data.size && task.sampling === "without-replacement",
        reason: result.reason,
        steps: result.steps,
        seconds: (performance.now() - start) / 1000,
        backend: tf.getBackend(),
        loss: result.loss,
        interpolates: result.loss < task.lossBelow,
        minimum,
        alignment,
      },
      arrays: { ...parametersOf(await trainee.snapshot()), ...model.buffers },
    };
  } finally {
    trainee.dispose();
  }
}

/**
 * Batch normalisation is a fixed function here: its statistics are those of the whole data set at initialisation, so that
 * the loss is one function of the parameters and each example stands for itself.
 */
async function calibrated(network: Network, params: Record<string, tf.Tensor>, data: ImageDataset): Promise<Network> {
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

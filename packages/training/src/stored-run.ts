import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Minimum, Reached } from "@sgdscope/analysis";
import { minimumOfModel, type ModelData, type ModelMinimumOptions } from "@sgdscope/analysis/models";
import { parseSafetensors } from "@sgdscope/array-files";
import { modelFromConfig, parametersFromArrays, type NamedArrays, type Network } from "@sgdscope/models-cnn";
import { readRunFile, type RunFile } from "@sgdscope/runs";
import type * as tf from "@tensorflow/tfjs-core";
import { TrainingError } from "./errors.js";
import type { OutputLoss } from "@sgdscope/noise-structure/losses";
import { outputLossOf } from "./loss.js";
import { longestExampleGradient } from "./measure.js";
import type { MinimumRecord } from "./record.js";
import { frozenOptimizer, judgedOptimizer, preconditionerPrefix } from "./optimizer.js";
import { checkRecord } from "./record-schema.js";
import { parametersFile } from "./run-in-folder.js";
import type { MinimumTask } from "./task.js";
import { rescaled } from "./rescaled.js";
import { upgradedRecord } from "./upgrade.js";

/** What a run folder holds of a training. */
export type TrainingRun = RunFile<MinimumTask, MinimumRecord>;

/**
 * The `run.json` of a training, in today's names whatever version wrote it.
 *
 * @throws TrainingError `NO_RUN`; RunsError `INVALID_RUN`.
 */
export async function readTrainingRun(directory: string): Promise<TrainingRun> {
  const run = await readRunFile<MinimumTask>(directory);
  if (run === undefined)
    throw new TrainingError("NO_RUN", [
      { path: "", problem: `${directory} is not the folder of a training: it has no run.json` },
    ]);
  const { record, ...rest } = run;
  return record === undefined ? rest : { ...rest, record: upgradedRecord(checkRecord(record, directory)) };
}

/** A training that ended, with its model and where it stands. */
export interface StoredRun {
  /** What people call it. */
  name: string;
  task: MinimumTask;
  model: Network;
  /** On the prepared TensorFlow.js backend; the caller disposes them. */
  params: tf.NamedTensorMap;
  /** P of Adam or RMSprop where the training stopped, by parameter. */
  preconditioner?: NamedArrays;
  reached: Reached;
  /** Undefined for the square loss. */
  loss: OutputLoss | undefined;
}

/**
 * Opens what a training left in its folder: the network at its final parameters, and how it got there.
 *
 * @throws TrainingError `NO_RUN`, `NO_PARAMETERS`; RunsError `INVALID_RUN`; ArrayFilesError for damaged parameters.
 */
export async function openStoredRun(directory: string): Promise<StoredRun> {
  const { task, id, state, record } = await readTrainingRun(directory);
  const path = join(directory, parametersFile);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new TrainingError(
      "NO_PARAMETERS",
      [{ path: "", problem: `${path} does not exist; it is written when a training ends or is stopped` }],
      {
        cause: error,
      },
    );
  });
  const { arrays } = parseSafetensors(bytes) as { arrays: NamedArrays };
  const network = modelFromConfig(task.model);
  const take = (names: readonly string[]): NamedArrays =>
    Object.fromEntries(
      names.map((name) => {
        const array = arrays[name];
        if (array === undefined)
          throw new TrainingError("NO_PARAMETERS", [
            { path: "", problem: `${path} has no parameter ${name} of ${network.name}` },
          ]);
        return [name, array];
      }),
    );
  const buffered = Object.keys(network.buffers);
  const names = network.parameters.map(({ name }) => name);
  const hasPreconditioner = names.every((name) => arrays[`${preconditionerPrefix}${name}`] !== undefined);
  return {
    name: `run ${id}`,
    task,
    model: buffered.length === 0 ? network : network.withBuffers(take(buffered)),
    loss: outputLossOf(task),
    params: parametersFromArrays(take(names)),
    ...(hasPreconditioner ? { preconditioner: preconditionerIn(arrays, names) } : {}),
    reached: {
      steps: record?.steps ?? 0,
      converged: state === "done" && record?.interpolates === true,
      ...judgedOptimizer(task),
      learningRate: task.learningRate,
      batchSize: task.batchSize,
      sampling: task.sampling,
    },
  };
}

const preconditionerIn = (arrays: NamedArrays, names: readonly string[]): NamedArrays =>
  Object.fromEntries(names.map((name) => [name, arrays[`${preconditionerPrefix}${name}`]!]));

/**
 * The minimum of a stored run on data, its own or other: what an analysis takes, with how it was reached.
 *
 * @throws as `minimumOfModel`.
 */
export async function minimumOfRun(
  { name, model, params, task, reached, loss }: StoredRun,
  data: ModelData & { name: string },
  options: Omit<ModelMinimumOptions, "reached" | "loss"> = {},
): ReturnType<typeof minimumOfModel> {
  const title = `${name}, ${data.size} examples of ${data.name}`;
  const minimum = await minimumOfModel(title, model, params, data, {
    ...options,
    ...(loss === undefined ? {} : { loss }),
  });
  return { ...minimum, reached: { ...reached, clipped: longestExampleGradient(minimum.system) > task.clipNorm } };
}

/**
 * The minimum of a run of Adam or RMSprop with its second moment frozen where the training stopped, or of IRE with its mask: that of `JP⁻¹Jᵀ`, judged as the
 * optimizer that remains.
 *
 * @param options.reached - As the plain minimum has it, which knows whether the clip was active; default without that.
 * @returns Undefined for a run without such an optimizer, and with weight decay.
 * @throws as `minimumOfModel`.
 */
export async function preconditionedMinimumOfRun(
  run: StoredRun,
  data: ModelData & { name: string },
  options: Omit<ModelMinimumOptions, "loss"> = {},
): Promise<Minimum | undefined> {
  const { name, model, params, preconditioner, task, loss } = run;
  const optimizer = frozenOptimizer(task);
  if (preconditioner === undefined || optimizer === undefined) return undefined;
  const { unjudged: _, ...reached } = options.reached ?? run.reached;
  return rescaled(model, params, preconditioner, async (scaled, coordinates) => {
    const minimum = await minimumOfModel(`${name}, preconditioned`, scaled, coordinates, data, {
      ...options,
      reached: { ...reached, optimizer },
      ...(loss === undefined ? {} : { loss }),
    });
    return { ...minimum, preconditioned: true };
  });
}

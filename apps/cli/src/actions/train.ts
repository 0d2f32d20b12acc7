import { cpus } from "node:os";
import { join } from "node:path";
import { prepareBackend } from "@sgdscope/compute";
import { runMinimumTask, type MinimumRecord, type MinimumTask } from "@sgdscope/experiments";
import type { ModelConfig } from "@sgdscope/models-cnn";
import { runId } from "@sgdscope/sweeps";
import type { TrainOptions } from "../commands/train.js";
import { boundColumns } from "../report/bound-report.js";
import { exitCodes, usageError } from "../terminal/exit.js";
import { formatNumber } from "../terminal/number.js";
import { progressOn } from "../terminal/progress.js";
import { formatTable } from "../terminal/table.js";
import { version } from "../version.js";
import { chooseImages } from "./images.js";
import { runFolder, type RunFile } from "./run-folder.js";

/** Trains (or goes on training) and leaves the run folder; SIGTERM, SIGINT and SIGUSR1 stop it with a checkpoint. */
export async function trainRun(options: TrainOptions): Promise<void> {
  const { task, note } = await taskOf(options);
  const say = (line: string): void => void (options.quiet === true || process.stderr.write(`${line}\n`));
  if (note !== undefined) say(note);
  const id = runId(task);
  const folder = runFolder(join(options.out, id));
  await folder.create();
  const resume = options.resume === true ? await folder.readCheckpoint() : undefined;
  if (options.resume === true && resume === undefined)
    say(`no checkpoint in ${folder.directory}: starting from step 0`);
  const backend = await prepareBackend(options.backend);
  const run: RunFile = {
    schema: "sgdscope/run@1",
    id,
    task,
    environment: {
      sgdscope: version,
      node: process.version,
      backend: backend.name,
      platform: `${process.platform} ${process.arch}`,
      cores: cpus().length,
    },
    state: "running",
  };
  await folder.writeRun(run);
  await folder.writeMetrics(resume?.state.history ?? []);

  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const signal of ["SIGTERM", "SIGINT", "SIGUSR1"] as const) process.on(signal, stop);
  const progress = progressOn(process.stderr, options.quiet === true);
  let writing = Promise.resolve();
  const { record, arrays } = await runMinimumTask(task, {
    signal: controller.signal,
    checkpoint: { every: options.checkpointEvery, save: (checkpoint) => folder.writeCheckpoint(checkpoint) },
    ...(resume === undefined ? {} : { resume }),
    progress(metric) {
      writing = writing.then(() => folder.appendMetric(metric));
      progress.update(metric.step / task.maxSteps, `step ${metric.step}, loss ${formatNumber(metric.loss, 3)}`);
    },
  }).finally(() => progress.end());
  await writing;

  const stopped = record.reason === "aborted";
  await folder.writeParameters(arrays);
  await folder.writeRun({ ...run, state: stopped ? "stopped" : "done", record });
  if (stopped) {
    say(
      `stopped at step ${record.steps} with a checkpoint in ${folder.directory}; the same command with --resume goes on`,
    );
    process.exitCode = exitCodes.resumable;
    return;
  }
  await folder.removeCheckpoint();
  if (options.json === true) process.stdout.write(`${JSON.stringify({ ...run, state: "done", record }, null, 2)}\n`);
  else process.stdout.write(`${formatTable(boundColumns, [record])}\n${ending(record)}\nRun: ${folder.directory}\n`);
}

function ending(record: MinimumRecord): string {
  if (record.reason === "diverged")
    return `The loss diverged after ${record.steps} steps: the learning rate is too large.`;
  return record.interpolates
    ? `Interpolates after ${record.steps} steps.`
    : `Ended after ${record.steps} steps with loss ${formatNumber(record.loss, 3)}, above the goal: not at a minimum yet, where the theory speaks.`;
}

async function taskOf(options: TrainOptions): Promise<{ task: MinimumTask; note: string | undefined }> {
  const { spec, note } = await chooseImages(options.data, options.count, options);
  const classes = options.classes.length;
  if (classes < 2) throw usageError(`--classes: expected at least two labels, got ${options.classes.join(",")}`);
  const targets = classes === 2 ? "plus-minus-one" : "one-hot";
  const data =
    spec.kind === "cifar10"
      ? ({ ...spec, classes: options.classes, targets } as const)
      : ({ ...spec, classes, targets } as const);
  const batchSize = options.batchSize === "all" ? options.count : options.batchSize;
  if (batchSize > options.count && options.sampling !== "with-replacement")
    throw usageError(`--batch-size: expected at most the ${options.count} examples of --count, got ${batchSize}`);
  const task: MinimumTask = {
    data,
    model: modelOf(options, classes === 2 ? 1 : classes),
    learningRate: options.learningRate,
    batchSize,
    sampling: options.sampling,
    seed: options.seed,
    momentum: options.momentum,
    clipNorm: options.clipNorm,
    warmUp: options.warmUp,
    maxSteps: options.maxSteps,
    lossBelow: options.lossBelow,
    every: options.every,
    alignmentAt: [],
    hessianProducts: 66,
  };
  return { task, note };
}

/** The network with the options of the command line filled in; `modelFromConfig` refuses what does not fit. */
function modelOf(options: TrainOptions, outputs: number): ModelConfig {
  const inputShape = [32, 32, 3] as const;
  let more: object = {};
  if (options.modelOptions !== undefined) {
    try {
      more = JSON.parse(options.modelOptions) as object;
    } catch {
      throw usageError(`--model-options: expected a JSON object, got ${options.modelOptions}`);
    }
  }
  const sizes =
    options.model === "fully-connected"
      ? { widths: options.widths ?? [64, 64], bias: false }
      : options.model === "small-cnn"
        ? { channels: options.channels ?? [8, 16] }
        : {};
  return { kind: options.model, inputShape, outputs, ...sizes, ...more } as unknown as ModelConfig;
}

import { cpus } from "node:os";
import { join } from "node:path";
import { mark } from "@sgdscope/analysis";
import { prepareBackend } from "@sgdscope/compute";
import { lockRun, openRun, runId } from "@sgdscope/runs";
import type { MinimumRecord, MinimumTask, ProbeNumbers } from "@sgdscope/training";
import { checkpointExtension, readTrainingRun, taskOfSettings, trainInFolder } from "@sgdscope/training/node";
import { minimaColumns } from "../report/minima.js";
import { chooseImages } from "../sources/images.js";
import { inOptions } from "../sources/settings.js";
import { exitCodes, usageError } from "../terminal/errors.js";
import { printJson } from "../terminal/json.js";
import { formatNumber } from "../terminal/number.js";
import { progressOn } from "../terminal/progress.js";
import { stopSignal } from "../terminal/signals.js";
import { formatTable } from "../terminal/table.js";
import { version } from "../version.js";
import type { TrainOptions } from "./options.js";
import { edgeBeside, edgeText, probingText } from "./probe.js";
import { print, tell } from "../terminal/print.js";

/** Trains (or continues to train) and leaves the run folder; SIGTERM, SIGINT and SIGUSR1 stop it with a checkpoint. */
export async function trainRun(options: TrainOptions): Promise<void> {
  const say = (line: string): void => {
    if (options.quiet !== true) tell(`${line}\n`);
  };
  const { task, note } = await taskOf(options);
  if (note !== undefined) say(note);
  const id = runId(task);
  const directory = join(options.out, id);
  const stop = stopSignal();
  const locked = await lockRun(directory, { signal: stop.signal });
  let outcome: "done" | "released" = "released";
  try {
    const { name: backend } = await prepareBackend(options.backend);
    const folder = await openRun<MinimumRecord>(
      directory,
      { id, task },
      {
        environment: {
          sgdscope: version,
          node: process.version,
          backend,
          platform: `${process.platform} ${process.arch}`,
          cores: cpus().length,
        },
        extension: checkpointExtension,
        lock: locked.lock,
        from: options.resume === true ? "checkpoint" : "start",
      },
    );
    if (folder === undefined) {
      say(`${directory} is already done`);
      outcome = "done";
      await printRun(directory, options);
      return;
    }
    if (options.resume === true && folder.resume === undefined)
      say(`no checkpoint in ${directory}: starting from step 0`);
    const progress = progressOn(process.stderr, options.quiet === true);
    const measured: ProbeNumbers = {};
    try {
      const { record, stopped, probing } = await trainInFolder(task, folder, {
        checkpointEvery: options.checkpointEvery,
        signal: AbortSignal.any([stop.signal, locked.lock.lost]),
        progress({ step, loss, ...numbers }) {
          Object.assign(measured, numbers);
          const text = `step ${step}, loss ${formatNumber(loss, 3)}${edgeBeside(measured)}`;
          progress.update(step / task.maxSteps, text);
        },
      });
      await folder.finish(stopped ? { state: "stopped", record } : { state: "done", record });
      progress.end();
      for (const line of probing === undefined ? [] : [...edgeText(measured, task), ...probingText(probing)]) say(line);
      if (stopped) {
        say(
          `stopped at step ${record.steps} with a checkpoint in ${directory}; run the same command with --resume to continue`,
        );
        process.exitCode = exitCodes.resumable;
        return;
      }
    } finally {
      progress.end();
      await folder.close();
    }
    outcome = "done";
    await printRun(directory, options);
  } finally {
    stop.off();
    await locked.lock.release(outcome);
    await locked.close();
  }
}

/** Prints the run of a folder that is done. */
async function printRun(directory: string, options: TrainOptions): Promise<void> {
  const run = await readTrainingRun(directory);
  if (options.json === true) {
    printJson(run);
    return;
  }
  const record = run.record!;
  print(`${formatTable(minimaColumns, [record])}\n${ending(record, run.task)}\nRun: ${directory}\n`);
}

function ending(
  record: MinimumRecord,
  { loss, lossBelow, labelSmoothing }: Pick<MinimumTask, "loss" | "lossBelow" | "labelSmoothing">,
): string {
  if (record.reason === "diverged")
    return `The loss diverged after ${record.steps} steps: the learning rate is too large.`;
  const marks = [...markTexts(record).map((text) => `\n! ${text}`), frozenText(record)];
  if (loss !== undefined) {
    const { excessLoss } = record;
    const goal = `${excessLoss === undefined ? "a loss" : "an excess loss"} below ${lossBelow < 1e-3 ? lossBelow.toExponential() : lossBelow}`;
    const over =
      excessLoss === undefined
        ? ""
        : `, ${formatNumber(excessLoss, 3)} over the least that labels smoothed by ${labelSmoothing} allow`;
    const end = `${record.interpolates ? `Reached its goal, ${goal},` : `Ended short of its goal, ${goal},`} after ${record.steps} steps`;
    return `${end}, with the ${loss} loss ${formatNumber(record.loss, 3)}${over}.${marks.join("")}`;
  }
  return record.interpolates
    ? `Interpolates after ${record.steps} steps.${marks.join("")}`
    : `Ended after ${record.steps} steps with loss ${formatNumber(record.loss, 3)}, above the goal: not yet at a minimum, and the theory speaks of minima only.${marks.join("")}`;
}

/** The verdict of an optimizer that the table judges as plain SGD, and its marks that the others do not say. */
function frozenText({ preconditioned, minimum }: MinimumRecord): string {
  if (preconditioned === undefined) return "";
  const { verdict, edgeRatio, criticalLearningRate, marks } = preconditioned;
  const kept = minimum?.marks.includes("ire") === true ? "mask of flat coordinates" : "second moment of the optimizer";
  return (
    `\nWith the ${kept} frozen where the training stopped: ${verdict}, η is ${formatNumber(edgeRatio)} of its own exact threshold η* = ${formatNumber(criticalLearningRate)}.` +
    marks
      .filter((id) => id !== "not-converged" && minimum?.marks.includes(id) !== true)
      .map((id) => `\n! ${mark(id).text}`)
      .join("")
  );
}

/** Where the verdict stands outside the hypotheses of its theorem, beside what the sentence says. */
const markTexts = ({ minimum }: MinimumRecord): string[] =>
  (minimum?.marks ?? []).filter((id) => id !== "not-converged").map((id) => mark(id).text);

async function taskOf(options: TrainOptions): Promise<{ task: MinimumTask; note: string | undefined }> {
  const { spec, note } = await chooseImages(options.data, options.count, options);
  const { targets: _, ...data } = spec;
  const settings = {
    data: { ...data, classes: spec.kind === "cifar10" ? options.classes : options.classes.length },
    model: modelOf(options),
    learningRate: options.learningRate,
    batchSize: options.batchSize,
    sampling: options.sampling,
    seed: options.seed,
    loss: options.loss,
    ...(options.labelSmoothing === undefined ? {} : { labelSmoothing: options.labelSmoothing }),
    ...(options.delta === undefined ? {} : { delta: options.delta }),
    momentum: options.momentum,
    ...optimizerOf(options),
    clipNorm: options.clipNorm,
    warmUp: options.warmUp,
    maxSteps: options.maxSteps,
    ...(options.lossBelow === undefined ? {} : { lossBelow: options.lossBelow }),
    every: options.every,
    probe: options.probe,
    ...(options.probeEvery === undefined ? {} : { probeEvery: options.probeEvery }),
    ...(options.probeOverhead === undefined ? {} : { probeOverhead: options.probeOverhead }),
  };
  return { task: inOptions(() => taskOfSettings(settings)), note };
}

/** What was said of the optimizer; `taskOfSettings` refuses what does not belong together. */
function optimizerOf(options: TrainOptions): object {
  const { optimizer, nesterov, dampening, weightDecay, beta1, beta2, alpha, epsilon, centered, rho, prog, rank } =
    options;
  const said = { optimizer, nesterov, dampening, weightDecay, beta1, beta2, alpha, epsilon, centered, rho, prog, rank };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

/** The network with the options of the command line; `taskOfSettings` fills in the rest and refuses what does not fit. */
function modelOf({ model: kind, widths, channels, modelOptions }: TrainOptions): object {
  let more: unknown = {};
  try {
    if (modelOptions !== undefined) more = JSON.parse(modelOptions);
  } catch {
    more = undefined;
  }
  if (typeof more !== "object" || more === null || Array.isArray(more))
    throw usageError(`--model-options: expected a JSON object, got ${modelOptions}`);
  return {
    kind,
    ...(widths === undefined ? {} : { widths }),
    ...(channels === undefined ? {} : { channels }),
    ...more,
  };
}

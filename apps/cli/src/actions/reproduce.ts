import { boundTasks, judgeBound, type BoundOptions, type MinimumRecord, type MinimumTask } from "@sgdscope/experiments";
import type { ReproduceOptions } from "../commands/reproduce.js";
import { runStudy } from "../commands/study.js";
import { boundJson, boundText, writeBoundReport, type BoundStudy } from "../report/bound-report.js";
import { exitCodes } from "../terminal/exit.js";
import { formatSeconds } from "../terminal/number.js";
import { version } from "../version.js";
import { chooseImages } from "./images.js";

type Settings = BoundOptions["settings"];

const inputShape: [number, number, number] = [32, 32, 3];

/** The default grid of each network: learning rates and batch sizes that interpolate within minutes. */
const fullyConnectedSettings: Settings = [
  { learningRate: 0.02, batchSize: 1 },
  { learningRate: 0.01, batchSize: 4 },
  { learningRate: 0.02, batchSize: 4 },
  { learningRate: 0.04, batchSize: 4 },
  { learningRate: 0.02, batchSize: 16 },
  { learningRate: 0.04, batchSize: 16 },
  { learningRate: 0.02, batchSize: "all" },
];
const convolutionalSettings: Settings = [
  { learningRate: 0.16, batchSize: "all" },
  { learningRate: 0.02, batchSize: 1 },
  { learningRate: 0.02, batchSize: 4 },
  { learningRate: 0.04, batchSize: 4 },
  { learningRate: 0.04, batchSize: 16 },
];

/** Runs the study of the bound, prints its tables, writes its report and, with --check, judges it by the exit code. */
export async function reproduceBound(options: ReproduceOptions): Promise<void> {
  const start = performance.now();
  const { spec, note } = await chooseImages(options.data, options.count, options);
  const say = (line: string): void => void (options.quiet === true || process.stderr.write(`${line}\n`));
  if (note !== undefined) say(note);
  const common = { data: spec, seed: options.seed, maxSteps: options.maxSteps };
  const tasks: MinimumTask[] = [];
  // The longest runs go first, so that the workers end together.
  if (options.model !== "fully-connected")
    tasks.push(
      ...boundTasks({
        ...common,
        model: { kind: "small-cnn", inputShape, channels: [8, 16], outputs: 1 },
        settings: settingsOf(options, convolutionalSettings),
      }),
    );
  if (options.model !== "cnn")
    tasks.push(
      ...boundTasks({
        ...common,
        model: { kind: "fully-connected", inputShape, widths: [options.width, options.width], outputs: 1, bias: false },
        settings: settingsOf(options, fullyConnectedSettings),
      }),
    );
  say(`Training ${tasks.length} networks on ${spec.count} images until they interpolate.`);
  const records = await runStudy(tasks, {
    backend: options.backend,
    quiet: options.quiet === true,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
  });
  const study: BoundStudy = {
    title: "SGD ends at flat minima: the bound, on images",
    records,
    tasks,
    command: commandOf(options, spec.kind),
    seconds: (performance.now() - start) / 1000,
    version,
  };
  const report = await writeBoundReport(options.out, study);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(boundJson(study), null, 2)}\n` : `\n${boundText(study)}`,
  );
  say(`\nReport: ${report}  (${formatSeconds(study.seconds)})`);
  if (options.check === true && !allHold(records)) process.exitCode = exitCodes.criterion;
}

function settingsOf({ learningRate }: ReproduceOptions, defaults: Settings): Settings {
  if (learningRate === undefined) return defaults;
  return learningRate.flatMap((rate) =>
    [1, 4, 16, "all" as const].map((batchSize) => ({ learningRate: rate, batchSize })),
  );
}

/** Whether every statement holds, for each network by itself. */
function allHold(records: MinimumRecord[]): boolean {
  const models = [...new Set(records.map((record) => record.model))];
  return models.every((model) =>
    judgeBound(records.filter((record) => record.model === model)).every(({ holds }) => holds),
  );
}

function commandOf(options: ReproduceOptions, data: string): string {
  const rates = options.learningRate === undefined ? "" : ` --learning-rate ${options.learningRate.join(",")}`;
  return `sgdscope reproduce bound --data ${data} --model ${options.model} --count ${options.count} --width ${options.width} --seed ${options.seed}${rates}`;
}

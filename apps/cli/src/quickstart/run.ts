import { boundTasks } from "@sgdscope/experiments";
import { expectWritable } from "@sgdscope/runs";
import { imageShape } from "@sgdscope/training";
import { chooseImages } from "../sources/images.js";
import { printJson } from "../terminal/json.js";
import { formatSeconds } from "../terminal/number.js";
import { version } from "../version.js";
import type { QuickstartOptions } from "./options.js";
import { boundDocument, boundText, writeBoundReport, type BoundStudy } from "./text.js";
import { runTrainings } from "./trainings.js";
import { print, tell } from "../terminal/print.js";

/** The settings of the quickstart: learning rates a factor of two apart, small batches to all of them. */
const settings = [
  { learningRate: 0.02, batchSize: 1 },
  { learningRate: 0.01, batchSize: 4 },
  { learningRate: 0.02, batchSize: 4 },
  { learningRate: 0.04, batchSize: 4 },
  { learningRate: 0.02, batchSize: 16 },
  { learningRate: 0.04, batchSize: 16 },
  { learningRate: 0.02, batchSize: "all" as const },
];

/** Trains, measures, prints the table and writes the report. */
export async function quickstart(options: QuickstartOptions): Promise<void> {
  const start = performance.now();
  const { spec, note } = await chooseImages(options.data, 100);
  await expectWritable(options.out);
  const say = (line: string): void => {
    if (options.quiet !== true) tell(`${line}\n`);
  };
  if (note !== undefined) say(note);
  const tasks = boundTasks({
    data: spec,
    model: { kind: "fully-connected", inputShape: imageShape, widths: [32, 32], outputs: 1, bias: false },
    settings,
    maxSteps: 20_000,
  });
  say(
    `Training ${tasks.length} small networks on ${spec.count} ${spec.kind === "cifar10" ? "CIFAR-10 images" : "look-alike images"}: does SGD stop at the edge of stability?`,
  );
  const records = await runTrainings(tasks, {
    backend: options.backend,
    quiet: options.quiet === true,
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
  });
  const study: BoundStudy = {
    title: "Where SGD stops",
    records,
    tasks,
    command: `sgdscope quickstart --data ${spec.kind}`,
    seconds: (performance.now() - start) / 1000,
    version,
  };
  const report = await writeBoundReport(options.out, study);
  if (options.json === true) printJson(boundDocument(study));
  else print(`\n${boundText(study)}`);
  say(`\nReport: ${report}  (${formatSeconds(study.seconds)})`);
}

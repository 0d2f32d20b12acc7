import { phaseDiagram } from "@sgdscope/analysis";
import { expectWritable } from "@sgdscope/runs";
import { shellWord } from "@sgdscope/sweeps";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { expectMomentum } from "../options/nesterov.js";
import { usageError } from "../terminal/errors.js";
import { aboutMinimum, readMinimum } from "../sources/minimum.js";
import { printJson } from "../terminal/json.js";
import { formatSeconds } from "../terminal/number.js";
import { progressOn } from "../terminal/progress.js";
import { stopSignal } from "../terminal/signals.js";
import { plural } from "../terminal/words.js";
import { version } from "../version.js";
import type { DiagramOptions } from "./options.js";
import { diagramDocument, diagramText, writeDiagramReport, type AskedDiagram } from "./text.js";
import { print, tell } from "../terminal/print.js";

/** Reads the minimum, computes every cell and curve, writes the report and prints the curves. */
export async function diagram(options: DiagramOptions): Promise<void> {
  const start = performance.now();
  const quiet = options.quiet === true;
  const { minimum, notes, source } = await readMinimum(options);
  await expectWritable(options.out);
  const { learningRates, batchSize, sampling } = options;
  const { optimizer, momenta } = optimizersOf(options);
  const progress = progressOn(process.stderr, quiet);
  for (const note of notes) progress.note(note);
  const stop = stopSignal();
  try {
    const found = await aboutMinimum({ source }, () =>
      phaseDiagram(minimum, {
        ...(learningRates === undefined ? {} : { learningRates }),
        ...(batchSize === undefined ? {} : { batchSizes: batchSize }),
        ...(sampling === undefined ? {} : { sampling }),
        ...(optimizer === undefined ? {} : { optimizer }),
        ...(momenta === undefined ? {} : { momenta }),
        onProgress: (fraction, stage) => progress.update(fraction, stage),
        onAxes: ({ minimum: { name, examples, outputs, rank }, learningRates: rates, sampling: judged, ...axes }) =>
          progress.note(
            `${name}: ${examples} examples × ${plural(outputs, "output")}, rank ${rank}; ${rates.length * (axes.momenta ?? axes.batchSizes).length} growth rates, ${judged}`,
          ),
        signal: stop.signal,
      }),
    );
    progress.end();
    const asked: AskedDiagram = {
      ...found,
      command: commandOf(options),
      seconds: (performance.now() - start) / 1000,
      version,
    };
    const report = await writeDiagramReport(options.out, asked);
    if (options.json === true) printJson(diagramDocument(asked));
    else print(`${diagramText(asked)}\nReport: ${report}\n`);
    if (!quiet) tell(`${options.json === true ? `Report: ${report}  ` : ""}(${formatSeconds(asked.seconds)})\n`);
  } finally {
    progress.end();
    stop.off();
  }
}

/** One momentum is an optimizer, several are an axis. */
function optimizersOf({ momentum, nesterov, weightDecay, batchSize }: DiagramOptions): {
  optimizer?: Optimizer;
  momenta?: number[];
} {
  if (nesterov === true) expectMomentum(momentum);
  if (momentum === undefined) return weightDecay === undefined ? {} : { optimizer: { kind: "sgd", weightDecay } };
  if (momentum.length > 1 && batchSize?.length !== 1)
    throw usageError(
      `--momentum: expected one --batch-size beside several momenta, got ${batchSize === undefined ? "none" : batchSize.join(",")}`,
    );
  const optimizer: Optimizer = {
    kind: nesterov === true ? "nesterov" : "heavy-ball",
    momentum: momentum[0]!,
    ...(weightDecay === undefined ? {} : { weightDecay }),
  };
  return momentum.length > 1 ? { optimizer, momenta: momentum } : { optimizer };
}

function commandOf(options: DiagramOptions): string {
  const range = options.learningRates;
  const given: [string, string | number | undefined][] = [
    ["gram", options.gram],
    ["jacobian", options.jacobian],
    ["residuals", options.residuals],
    ["loss", options.loss],
    ["logits", options.logits],
    ["labels", options.labels],
    ["targets", options.targets],
    ["example-weights", options.exampleWeights],
    ["label-smoothing", options.labelSmoothing],
    ["delta", options.delta],
    ["run", options.run],
    ["outputs", options.outputs],
    ["rank-tolerance", options.rankTolerance],
    ["learning-rates", range === undefined ? undefined : `${range.minimum},${range.maximum},${range.count}`],
    ["batch-size", options.batchSize?.join(",")],
    ["sampling", options.sampling],
    ["momentum", options.momentum?.join(",")],
    ["weight-decay", options.weightDecay],
  ];
  return [
    "sgdscope diagram",
    ...given.flatMap(([name, value]) => (value === undefined ? [] : `--${name} ${shellWord(String(value))}`)),
    ...(options.nesterov === true ? ["--nesterov"] : []),
  ].join(" ");
}

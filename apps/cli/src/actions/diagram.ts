import { criticalCurves, diagramAxes, growthRates, type GrowthRecord } from "@sgdscope/experiments";
import { prepareMinimum } from "@sgdscope/stability-criterion";
import type { DiagramOptions } from "../commands/diagram.js";
import { diagramJson, diagramText, writeDiagramReport, type Diagram } from "../report/diagram.js";
import { formatNumber, formatSeconds } from "../terminal/number.js";
import { progressOn } from "../terminal/progress.js";
import { version } from "../version.js";
import { checkBatches } from "./analyze.js";
import { readMinimum } from "./minimum.js";

/** Reads the minimum, computes every cell and curve, writes the report and prints the curves. */
export async function diagram(options: DiagramOptions): Promise<void> {
  const start = performance.now();
  const quiet = options.quiet === true;
  const minimum = await readMinimum(options);
  const { system, rankTolerance } = minimum;
  const sampling = options.sampling ?? minimum.sampling ?? "without-replacement";
  checkBatches(system, { batchSize: options.batchSize ?? [], sampling });
  const progress = progressOn(process.stderr, quiet);
  try {
    progress.update(0, "eigenvalues");
    const prepared = prepareMinimum(system, { rankTolerance });
    const axes = diagramAxes(prepared, {
      sampling,
      ...(options.learningRates === undefined ? {} : { learningRates: options.learningRates }),
      ...(options.batchSize === undefined ? {} : { batchSizes: options.batchSize }),
    });
    const cells = axes.learningRates.length * axes.batchSizes.length;
    progress.note(
      `${minimum.name}: ${system.examples} examples × ${system.outputs} output${system.outputs === 1 ? "" : "s"}, rank ${prepared.rank}; ${cells} growth rates, ${sampling}`,
    );
    const curves = criticalCurves(prepared, { batchSizes: axes.batchSizes, sampling });
    const growth: GrowthRecord[] = [];
    for (const record of growthRates(prepared, { ...axes, sampling })) {
      growth.push(record);
      progress.update(growth.length / cells, `η = ${formatNumber(record.learningRate)}, B = ${record.batchSize}`);
    }
    progress.end();
    const result: Diagram = {
      minimum: minimum.name,
      examples: system.examples,
      outputs: system.outputs,
      rank: prepared.rank,
      rankTolerance,
      sampling,
      ...axes,
      growth,
      curves,
      backend: minimum.backend,
      command: commandOf(options),
      seconds: (performance.now() - start) / 1000,
      version,
    };
    const report = await writeDiagramReport(options.out, result);
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(diagramJson(result), null, 2)}\n`
        : `${diagramText(result)}\nReport: ${report}\n`,
    );
    if (!quiet)
      process.stderr.write(`${options.json === true ? `Report: ${report}  ` : ""}(${formatSeconds(result.seconds)})\n`);
  } finally {
    progress.end();
  }
}

function commandOf(options: DiagramOptions): string {
  const range = options.learningRates;
  const given: [string, string | number | undefined][] = [
    ["gram", options.gram],
    ["jacobian", options.jacobian],
    ["residuals", options.residuals],
    ["run", options.run],
    ["outputs", options.outputs],
    ["rank-tolerance", options.rankTolerance],
    ["learning-rates", range === undefined ? undefined : `${range.minimum},${range.maximum},${range.count}`],
    ["batch-size", options.batchSize?.join(",")],
    ["sampling", options.sampling],
  ];
  return [
    "sgdscope diagram",
    ...given.flatMap(([name, value]) => (value === undefined ? [] : `--${name} ${value}`)),
  ].join(" ");
}

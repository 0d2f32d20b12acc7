import { readArray, toFloat64, type NamedArray } from "@sgdscope/array-files";
import {
  gramSystemFromJacobian,
  noiseStructure,
  type GramSystem,
  type NoiseStructure,
} from "@sgdscope/noise-structure";
import {
  criticalLearningRates,
  exactThreshold,
  prepareMinimum,
  samplingFactor,
  stabilityVerdict,
  type PreparedMinimum,
} from "@sgdscope/stability-criterion";
import type { AnalyzeOptions } from "../commands/analyze.js";
import { usageError } from "../terminal/exit.js";
import { analysisJson, analysisText, sourcesText, type Analysis } from "../report/analysis.js";

/** Reads the files, computes everything and prints it. */
export async function analyze(options: AnalyzeOptions): Promise<void> {
  const { system, precision } = await readSystem(options);
  const rankTolerance = options.rankTolerance ?? defaultRankTolerance[precision];
  const analysis = analyzeSystem(system, { ...options, rankTolerance, precision });
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(analysisJson(analysis), null, 2)}\n`
      : analysisText(analysis) + (options.sources === true ? sourcesText(analysis) : ""),
  );
}

/** Eigenvalues below this share of the largest are rounding: of the tool that wrote the numbers. */
export const defaultRankTolerance = { float32: 1e-6, float64: 1e-10 } as const;

/** What is asked of a system, whatever it came from. */
export interface AnalysisRequest {
  batchSize: number[];
  sampling: AnalyzeOptions["sampling"];
  learningRate?: number;
  rankTolerance: number;
  precision: "float32" | "float64";
}

/** The noise structure, and for each batch size the exact threshold and every bound; with a learning rate the verdict too. */
export function analyzeSystem(system: GramSystem, request: AnalysisRequest): Analysis {
  const { sampling, learningRate, rankTolerance } = request;
  checkBatches(system, request);
  const minimum: PreparedMinimum = prepareMinimum(system, { rankTolerance });
  const noise: NoiseStructure = noiseStructure(system, {
    spectrum: minimum.spectrum,
    eigenvalues: Math.min(10, system.examples * system.outputs),
  });
  return {
    system: {
      examples: system.examples,
      outputs: system.outputs,
      rank: minimum.rank,
      rankTolerance,
      precision: request.precision,
    },
    noise,
    range: minimum.alignmentRange(),
    sampling,
    learningRate,
    batches: request.batchSize.map((batchSize) => {
      const threshold = exactThreshold(minimum, { batchSize, sampling });
      return {
        batchSize,
        samplingFactor: samplingFactor(system.examples, batchSize, sampling),
        threshold,
        bounds: criticalLearningRates(minimum, { batchSize, sampling, threshold }),
        verdict:
          learningRate === undefined ? undefined : stabilityVerdict(minimum, { learningRate, batchSize, sampling }),
      };
    }),
  };
}

/** Refuses what no theorem covers: batches larger than the data, and batches that depend on each other. */
export function checkBatches(
  { examples }: GramSystem,
  { batchSize, sampling }: Pick<AnalysisRequest, "batchSize" | "sampling">,
): void {
  for (const size of batchSize)
    if (size > examples) throw usageError(`--batch-size: expected at most the ${examples} examples, got ${size}`);
  if (sampling === "epoch-shuffle")
    throw usageError(
      "--sampling: epoch-shuffle has no stability theory: batches of one epoch depend on each other",
      "without-replacement is the nearest model that has one",
    );
}

/** The files that make a Gram system. */
export type SystemFiles = Pick<AnalyzeOptions, "gram" | "jacobian" | "residuals" | "outputs">;

/** Reads a Gram system from the files of any tool, and what precision they had. */
export async function readSystem(
  options: SystemFiles,
): Promise<{ system: GramSystem; precision: "float32" | "float64" }> {
  const { gram, jacobian } = options;
  if (gram === undefined && jacobian === undefined)
    throw usageError("expected --gram <file> or --jacobian <file>, got neither");
  const residuals = await readArray(options.residuals);
  const outputs = outputsOf(residuals, options.outputs);
  if (residuals.data.length === 0 || residuals.data.length % outputs !== 0)
    throw usageError(`--residuals: expected n × ${outputs} numbers, got shape [${residuals.shape.join(", ")}]`);
  const examples = residuals.data.length / outputs;
  const r = toFloat64(residuals);
  finite("--residuals", r);
  if (gram !== undefined) {
    const K = await readArray(gram);
    const size = examples * outputs;
    if (K.data.length !== size * size)
      throw usageError(
        `--gram: expected shape [${size}, ${size}] for ${examples} examples × ${outputs} output${outputs === 1 ? "" : "s"} of --residuals, got [${K.shape.join(", ")}]`,
      );
    finite("--gram", toFloat64(K));
    return { system: { examples, outputs, gram: toFloat64(K), residuals: r }, precision: precisionOf(K) };
  }
  const J = await readArray(jacobian!);
  const rows = J.shape.length === 3 ? J.shape[0]! * J.shape[1]! : J.shape[0];
  if (J.shape.length < 2 || rows !== examples * outputs)
    throw usageError(
      `--jacobian: expected shape [${examples * outputs}, P]${outputs === 1 ? "" : ` or [${examples}, ${outputs}, P]`} for the shape [${residuals.shape.join(", ")}] of --residuals, got [${J.shape.join(", ")}]`,
    );
  const values = toFloat64(J);
  finite("--jacobian", values);
  return { system: gramSystemFromJacobian(values, r, { examples, outputs }), precision: precisionOf(J) };
}

function outputsOf(residuals: NamedArray, given: number | undefined): number {
  const fromShape = residuals.shape.length === 2 ? residuals.shape[1]! : undefined;
  if (given !== undefined && fromShape !== undefined && fromShape !== given && fromShape !== 1)
    throw usageError(`--outputs: expected ${fromShape}, the second extent of --residuals, got ${given}`);
  return Math.max(1, given ?? fromShape ?? 1);
}

function finite(option: string, values: Float64Array): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw usageError(`${option}: expected finite numbers, got ${values[index]!} at position ${index}`);
}

/** Integers are exact; a Float32 file carries the rounding of the tool that wrote it. */
const precisionOf = ({ data }: NamedArray): "float32" | "float64" =>
  data instanceof Float32Array ? "float32" : "float64";

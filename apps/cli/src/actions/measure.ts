import {
  AutodiffError,
  gaussNewtonBlocks,
  gaussNewtonOperator,
  gramSystem,
  hessianOperator,
  vouchFor,
} from "@sgdscope/autodiff";
import { prepareBackend } from "@sgdscope/compute";
import { float32RankTolerance } from "@sgdscope/experiments";
import { topEigenpairs, traceAndNorm, type LinearOperator } from "@sgdscope/hessian-estimators";
import { seededRandom, type SeededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import type { MeasureOptions } from "../commands/measure.js";
import type { Analysis } from "../report/analysis.js";
import { measurementJson, measurementText, type Curvature, type Measurement } from "../report/measurement.js";
import { usageError } from "../terminal/exit.js";
import { progressOn, type Progress } from "../terminal/progress.js";
import { analyzeSystem } from "./analyze.js";
import { exactLayers, layerRows, layersOfCurvature, type LayerCurvature } from "./layers.js";
import { largestGram } from "./minimum.js";
import { subjectOf, type Subject } from "./subject.js";

/** Loads, measures and prints. */
export async function measure(options: MeasureOptions): Promise<void> {
  const backend = await prepareBackend(options.backend);
  for (const kernel of options.vouchFor ?? []) vouchFor(kernel);
  const subject = await subjectOf(options);
  const progress = progressOn(process.stderr, options.quiet === true);
  try {
    const measurement = await measureSubject(subject, options, backend.name, progress);
    progress.end();
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(measurementJson(measurement), null, 2)}\n`
        : measurementText(measurement),
    );
  } catch (error) {
    throw advised(error);
  } finally {
    progress.end();
    tf.dispose(subject.params);
  }
}

async function measureSubject(
  subject: Subject,
  options: MeasureOptions,
  backend: string,
  progress: Progress,
): Promise<Measurement> {
  const { model, params, data } = subject;
  const random = seededRandom(options.seed);
  progress.update(0.02, "Gram matrix");
  const exact = await exactPart(subject, options);
  const gaussNewton = await using(gaussNewtonOperator(model, params, data), async (operator) => ({
    curvature: exact
      ? exactCurvature(exact.analysis)
      : await estimated(operator, options, random.stream("gauss-newton"), (done) =>
          progress.update(0.1 + 0.4 * done, "G"),
        ),
    layers: exact ? exact.layers : await layersOfCurvature(operator, options, random.stream("gauss-newton layers")),
  }));
  const hessian = await using(hessianOperator(model, params, data), async (operator) => ({
    curvature: await estimated(operator, options, random.stream("hessian"), (done) =>
      progress.update(0.5 + 0.5 * done, "H"),
    ),
    layers: await layersOfCurvature(operator, options, random.stream("hessian layers")),
    layout: operator.layout,
  }));
  return {
    subject: subject.name,
    data: data.name,
    examples: data.size,
    outputs: data.outputs,
    parameters: hessian.layout.reduce((sum, { size }) => sum + size, 0),
    backend,
    analysis: exact?.analysis,
    gaussNewton: gaussNewton.curvature,
    hessian: hessian.curvature,
    layers: layerRows(hessian.layout, gaussNewton.layers, hessian.layers),
  };
}

/** What the Gram matrix gives, where it is wanted and not too large. */
async function exactPart(
  { model, params, data, ...subject }: Subject,
  options: MeasureOptions,
): Promise<{ analysis: Analysis; layers: LayerCurvature | undefined } | undefined> {
  const size = data.size * data.outputs;
  const tooLarge = size > largestGram;
  if (tooLarge || options.perExample === "none") {
    if (options.batchSize === undefined && options.learningRate === undefined) return undefined;
    throw tooLarge
      ? usageError(
          `--batch-size: thresholds are exact from the ${size} × ${size} Gram matrix, which is taken up to ${largestGram}`,
          "measure fewer examples with --count or a subset of --inputs",
        )
      : usageError("--batch-size: thresholds need the gradients of single examples, got --per-example none");
  }
  const system = await gramSystem(model, params, data.inputs, data.targets, {
    perParameter: options.layers === true,
    fallback: options.perExample === "loop" ? "loop" : "error",
  });
  const batchSize = options.batchSize ?? [subject.batchSize ?? 1];
  if (options.batchSize === undefined && batchSize[0]! > data.size) batchSize[0] = data.size;
  const sampling = options.sampling ?? (subject.sampling === "epoch-shuffle" ? undefined : subject.sampling);
  const learningRate = options.learningRate ?? subject.learningRate;
  const analysis = analyzeSystem(system, {
    batchSize,
    sampling: sampling ?? "without-replacement",
    rankTolerance: float32RankTolerance,
    precision: "float32",
    ...(learningRate === undefined ? {} : { learningRate }),
  });
  return { analysis, layers: options.layers === true ? exactLayers(gaussNewtonBlocks(system)) : undefined };
}

/** A refusal of a layer, with what the command line has for it in the place of what programs have. */
function advised(error: unknown): unknown {
  if (!(error instanceof AutodiffError)) return error;
  if (error.code === "NO_PER_EXAMPLE_RULE")
    return usageError(
      error.message.replace(/; \{ fallback: "loop" \} takes one backward pass per example/, ""),
      "--per-example loop takes one backward pass an example and output; --per-example none leaves noise and thresholds out",
    );
  if (error.code === "KERNEL_NOT_VERIFIED")
    return usageError(
      error.message.replace(/; if you know that its gradient.*$/, ""),
      "--vouch-for <kernel> lets it through, if you know that its gradient can be differentiated again",
    );
  return error;
}

async function using<O extends { dispose: () => void }, T>(operator: O, body: (operator: O) => Promise<T>): Promise<T> {
  try {
    return await body(operator);
  } finally {
    operator.dispose();
  }
}

function exactCurvature({ noise }: Analysis): Curvature {
  const exact = (value: number): Curvature["trace"] => ({ value, standardError: 0, matvecs: 0 });
  return {
    trace: exact(noise.traceG),
    norm: exact(noise.frobeniusG),
    eigenvalues: [...noise.eigenvalues].map((value) => ({ value, residual: 0, converged: true })),
  };
}

/** Trace and norm from one pass of probes, the top eigenvalues by Lanczos. */
async function estimated(
  operator: LinearOperator,
  options: MeasureOptions,
  random: SeededRandom,
  report: (done: number) => void,
): Promise<Curvature> {
  const count = Math.min(options.top, operator.size);
  const { trace, norm } = await traceAndNorm(operator, {
    maxMatvecs: options.products,
    random: random.stream("probes"),
    onProgress: ({ matvecs, maxMatvecs }) => report((0.6 * matvecs) / maxMatvecs),
  });
  const pairs = await topEigenpairs(operator, {
    count,
    random: random.stream("lanczos"),
    onProgress: ({ matvecs }) => report(Math.min(1, 0.6 + (0.4 * matvecs) / (20 * count))),
  });
  return {
    trace,
    norm,
    eigenvalues: [...pairs.values].map((value, k) => ({
      value,
      residual: pairs.residuals[k]!,
      converged: pairs.converged[k]!,
    })),
  };
}

import { gaussNewtonOperator, gramSystem, hessianOperator, vouchFor } from "@sgdscope/autodiff";
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
  const size = data.size * data.outputs;
  let analysis: Analysis | undefined;
  if (size <= largestGram) {
    progress.update(0.05, "Gram matrix");
    const system = await gramSystem(model, params, data.inputs, data.targets);
    const batchSize = options.batchSize ?? [subject.batchSize ?? 1];
    if (options.batchSize === undefined && batchSize[0]! > data.size) batchSize[0] = data.size;
    const sampling = options.sampling ?? (subject.sampling === "epoch-shuffle" ? undefined : subject.sampling);
    const learningRate = options.learningRate ?? subject.learningRate;
    analysis = analyzeSystem(system, {
      batchSize,
      sampling: sampling ?? "without-replacement",
      rankTolerance: float32RankTolerance,
      precision: "float32",
      ...(learningRate === undefined ? {} : { learningRate }),
    });
  } else if (options.batchSize !== undefined || options.learningRate !== undefined)
    throw usageError(
      `--batch-size: thresholds are exact from the ${size} × ${size} Gram matrix, which is taken up to ${largestGram}`,
      "measure fewer examples with --count or a subset of --inputs",
    );
  const hessian = hessianOperator(model, params, data);
  const gaussNewton = gaussNewtonOperator(model, params, data);
  try {
    return {
      subject: subject.name,
      data: data.name,
      examples: data.size,
      outputs: data.outputs,
      parameters: hessian.size,
      backend,
      analysis,
      gaussNewton:
        analysis === undefined
          ? await estimated(gaussNewton, options, random.stream("gauss-newton"), (done) =>
              progress.update(0.1 + 0.4 * done, "G"),
            )
          : exactCurvature(analysis),
      hessian: await estimated(hessian, options, random.stream("hessian"), (done) =>
        progress.update(0.5 + 0.5 * done, "H"),
      ),
    };
  } finally {
    hessian.dispose();
    gaussNewton.dispose();
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

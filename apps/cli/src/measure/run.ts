import { analyse, type MinimumAnalysis } from "@sgdscope/analysis";
import { largestGram, minimumOfModel } from "@sgdscope/analysis/models";
import {
  assertExamplesApart,
  AutodiffError,
  gaussNewtonBlocks,
  gaussNewtonOperator,
  gaussNewtonTrace,
  hessianOperator,
  residualHessianOperator,
  piecewiseLinearInParameters,
  vouchFor,
  type HessianOperatorOptions,
  type PiecewiseLinearity,
} from "@sgdscope/autodiff";
import { prepareBackend } from "@sgdscope/compute";
import { topEigenpairs, traceAndNorm, type LinearOperator } from "@sgdscope/hessian-estimators";
import { symmetricEigenvalues, type Estimate } from "@sgdscope/linear-algebra";
import { seededRandom, type SeededRandom } from "@sgdscope/random";
import { minimumOfRun, preconditionedMinimumOfRun } from "@sgdscope/training/node";
import { expectedAnalysis, formatDuration } from "../sources/estimate.js";
import { subjectOf, type Subject } from "../sources/subject.js";
import { usageError } from "../terminal/errors.js";
import { printJson } from "../terminal/json.js";
import { progressOn, type Progress } from "../terminal/progress.js";
import { exactLayers, layerRows, layersOfCurvature, withTraces, type LayerCurvature } from "./layers.js";
import { logDeterminantOf, logDeterminantOfGram } from "./log-determinant.js";
import type { MeasureOptions } from "./options.js";
import { productError } from "./product-error.js";
import { withRounding } from "./rounding.js";
import { densityOf, spectrumOf, type Spectrum } from "./spectrum.js";
import { measurementDocument, measurementText, type Curvature, type Measurement } from "./text.js";
import { print } from "../terminal/print.js";

/** Loads, measures and prints. */
export async function measure(options: MeasureOptions): Promise<void> {
  const backend = await prepareBackend(options.backend);
  for (const kernel of options.vouchFor ?? []) vouchFor(kernel);
  const subject = await subjectOf(options);
  const progress = progressOn(process.stderr, options.quiet === true);
  for (const note of subject.notes) progress.note(note);
  try {
    const measurement = await measureSubject(subject, options, backend.name, progress);
    progress.end();
    if (options.json === true) printJson(measurementDocument(measurement));
    else print(measurementText(measurement, options.digits));
  } catch (error) {
    throw advised(error);
  } finally {
    progress.end();
    subject.dispose();
  }
}

async function measureSubject(
  subject: Subject,
  options: MeasureOptions,
  backend: string,
  progress: Progress,
): Promise<Measurement> {
  const { model, params, data, loss } = subject;
  const chosen = loss === undefined ? {} : { loss };
  const penalty = penaltyAsked(subject, options);
  const random = seededRandom(options.seed);
  await assertExamplesApart(model, params, data.inputs);
  progress.update(0.02, "Gram matrix");
  const exact = await exactPart(subject, options, progress);
  const linearity: PiecewiseLinearity =
    penalty === undefined
      ? piecewiseLinearInParameters(model, params, data.inputs)
      : { holds: false, because: "H has the penalty of the regularizers, and G has not" };
  const { density, logDeterminant: shift } = options;
  const spectrum = (operator: LinearOperator, name: "G" | "H"): Promise<Spectrum> =>
    spectrumOf(operator, options.products, random.stream(`spectrum of ${name}`), (done) =>
      progress.update(name === "G" ? 0.5 : 0.9 + 0.1 * done, `spectrum of ${name}`),
    );
  const traceG = exact?.analysis.noise.traceG ?? (await exactTraceOfG(subject, options));
  const gaussNewton = await using(gaussNewtonOperator(model, params, data, chosen), async (operator) => ({
    curvature: exact
      ? exactCurvature(exact.analysis)
      : withTrace(
          await estimated(operator, options, random.stream("gauss-newton"), (done) =>
            progress.update(0.3 + 0.2 * done, "G"),
          ),
          traceG,
        ),
    layers: exact ? exact.layers : await layersOfCurvature(operator, options, random.stream("gauss-newton layers")),
    logDeterminant:
      shift === undefined
        ? undefined
        : exact?.eigenvalues
          ? logDeterminantOfGram(exact.eigenvalues, operator.size, shift, exact.analysis.minimum.rankTolerance)
          : logDeterminantOf(await spectrum(operator, "G"), shift),
  }));
  const whole = { ...chosen, ...withPenalty(penalty) };
  const hessian = await using(hessianOperator(model, params, data, whole), async (operator) => ({
    curvature: withTrace(
      await estimated(operator, options, random.stream("hessian"), (done) => progress.update(0.5 + 0.4 * done, "H")),
      linearity.holds ? traceG : undefined,
    ),
    spectrum: density === true || shift !== undefined ? await spectrum(operator, "H") : undefined,
    layers: withTraces(
      await layersOfCurvature(operator, options, random.stream("hessian layers")),
      linearity.holds ? exact?.layers : undefined,
    ),
    layout: operator.layout,
  }));
  const distance =
    loss === undefined
      ? undefined
      : await using(residualHessianOperator(model, params, data, whole), (operator) =>
          distanceOf(operator, hessian.curvature.norm, options, random.stream("residual hessian")),
        );
  return {
    subject: subject.name,
    data: data.name,
    examples: data.size,
    outputs: data.outputs,
    parameters: hessian.layout.reduce((sum, { size }) => sum + size, 0),
    backend,
    loss,
    analysis: exact === undefined ? undefined : withDistance(exact.analysis, distance),
    hessianDistance: distance,
    gaussNewton: gaussNewton.curvature,
    hessian: hessian.curvature,
    traceIdentity: linearity,
    model: subject.facts,
    layers: layerRows(hessian.layout, gaussNewton.layers, hessian.layers),
    preconditioned: exact?.preconditioned,
    regularizers: options.regularizers,
    density: density === true ? densityOf(hessian.spectrum!) : undefined,
    logDeterminant:
      shift === undefined
        ? undefined
        : {
            shift,
            gaussNewton: gaussNewton.logDeterminant!,
            hessian: logDeterminantOf(hessian.spectrum!, shift),
          },
  };
}

/** The penalty that `--regularizers include` asks for. */
function penaltyAsked({ model }: Subject, { regularizers }: MeasureOptions): Subject["model"]["penalty"] {
  if (regularizers === "exclude") return undefined;
  if (model.penalty === undefined) throw usageError("--regularizers include: the model has no regularizers of weights");
  return model.penalty;
}

const withPenalty = (penalty: Subject["model"]["penalty"]): HessianOperatorOptions =>
  penalty === undefined ? {} : { penalty };

/** What the Gram matrix gives, where it is wanted and not too large. */
async function exactPart(
  { name, model, params, data, run, loss }: Subject,
  options: MeasureOptions,
  progress: Progress,
): Promise<
  | {
      analysis: MinimumAnalysis;
      layers: LayerCurvature | undefined;
      eigenvalues: Float64Array | undefined;
      preconditioned: MinimumAnalysis | undefined;
    }
  | undefined
> {
  const { batchSize, sampling, learningRate, perExample } = options;
  const size = data.size * data.outputs;
  if (size > largestGram || perExample === "none") {
    if (batchSize === undefined && learningRate === undefined) return undefined;
    throw size > largestGram
      ? usageError(
          `--batch-size: thresholds are exact from the ${size} × ${size} Gram matrix, which is taken up to ${largestGram}`,
          "measure fewer examples with --count or a subset of --inputs",
        )
      : usageError("--batch-size: thresholds need the gradients of single examples, got --per-example none");
  }
  const gramOptions = {
    perParameter: options.layers === true,
    fallback: perExample === "loop" ? ("loop" as const) : ("error" as const),
  };
  const asked = {
    examples: data.size,
    outputs: data.outputs,
    batchSizes: batchSize?.length ?? 1,
    judged: learningRate !== undefined || run !== undefined,
  };
  const long = expectedAnalysis(
    asked,
    "fewer examples (--count, or a subset of --inputs) take less, and --per-example none leaves noise and thresholds out",
  );
  if (long !== undefined) {
    progress.note(long.note);
    progress.expect(long.cost.seconds, formatDuration(long.cost.seconds));
  }
  const minimum =
    run === undefined
      ? await minimumOfModel(name, model, params, data, { ...gramOptions, ...(loss === undefined ? {} : { loss }) })
      : await minimumOfRun(run, data, gramOptions);
  const regularized = options.regularizers === "include" ? { regularized: true } : {};
  const judged = {
    ...(batchSize === undefined ? {} : { batchSizes: batchSize }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(learningRate === undefined ? {} : { learningRate }),
  };
  const analysis = await analyse(
    { ...minimum, ...regularized },
    { ...judged, onProgress: (fraction, stage) => progress.update(0.05 + 0.25 * fraction, stage) },
  );
  const { reached } = minimum;
  const frozen =
    run === undefined
      ? undefined
      : await preconditionedMinimumOfRun(run, data, { ...gramOptions, ...(reached === undefined ? {} : { reached }) });
  return {
    analysis,
    preconditioned: frozen === undefined ? undefined : await analyse(frozen, { ...judged, extent: "verdict" }),
    layers: options.layers === true ? exactLayers(gaussNewtonBlocks(minimum.system)) : undefined,
    eigenvalues:
      options.logDeterminant === undefined
        ? undefined
        : symmetricEigenvalues(minimum.system.gram, minimum.system.residuals.length).map((value) => value / data.size),
  };
}

/** A refusal of a layer, with what the command line has for it in the place of what programs have. */
function advised(error: unknown): unknown {
  if (!(error instanceof AutodiffError)) return error;
  if (error.code === "NO_PER_EXAMPLE_RULE")
    return usageError(
      error.problem,
      "--per-example loop takes one backward pass per example and output; --per-example none leaves noise and thresholds out",
    );
  if (error.code === "KERNEL_NOT_VERIFIED")
    return usageError(
      error.problem,
      "--vouch-for <kernel> accepts it, if you know that its gradient can be differentiated again",
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

/** Tr G where there is no Gram matrix, from a backward pass per output; undefined where a layer has no rule for single examples. */
async function exactTraceOfG(
  { model, params, data, loss }: Subject,
  { perExample }: MeasureOptions,
): Promise<number | undefined> {
  if (perExample === "none" || loss !== undefined) return undefined;
  try {
    return await gaussNewtonTrace(model, params, data.inputs, { fallback: perExample === "loop" ? "loop" : "error" });
  } catch (error) {
    if (error instanceof AutodiffError && error.code === "NO_PER_EXAMPLE_RULE") return undefined;
    throw error;
  }
}

const withDistance = (analysis: MinimumAnalysis, hessianDistance: Estimate | undefined): MinimumAnalysis =>
  hessianDistance === undefined ? analysis : { ...analysis, minimum: { ...analysis.minimum, hessianDistance } };

/** `‖H − G‖_F/‖H‖_F`, with the errors of both norms. */
async function distanceOf(
  operator: LinearOperator,
  whole: Curvature["norm"],
  { products }: MeasureOptions,
  random: SeededRandom,
): Promise<Estimate | undefined> {
  if (whole.value === 0) return undefined;
  const { norm } = await traceAndNorm(operator, { maxMatvecs: products, random });
  // Each product is in Float32, and is that of H but for the part that cancels.
  const error = Math.max(norm.standardError, productError * whole.value);
  const value = norm.value / whole.value;
  return {
    value,
    standardError: Math.hypot(error / whole.value, (value * whole.standardError) / whole.value),
    matvecs: norm.matvecs,
  };
}

const withTrace = (curvature: Curvature, value: number | undefined): Curvature =>
  value === undefined ? curvature : { ...curvature, trace: { value, standardError: 0, matvecs: 0 } };

function exactCurvature({ noise }: MinimumAnalysis): Curvature {
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
  return withRounding(operator.size, {
    trace,
    norm,
    eigenvalues: [...pairs.values].map((value, k) => ({
      value,
      residual: pairs.residuals[k]!,
      converged: pairs.converged[k]!,
    })),
  });
}

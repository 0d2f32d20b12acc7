import { gramExponent, inGramUnits, timesPowerOfTwo } from "@sgdscope/linear-algebra";
import { StabilityError, thresholdInterval, truncateMinimum, type Sampling } from "@sgdscope/stability-criterion";
import { isPlainSgd } from "@sgdscope/stability-criterion/optimizers";
import { decideConditions, type ConditionsRequest } from "./conditions.js";
import { AnalysisError } from "./errors.js";
import { linearisationMarks } from "./loss-marks.js";
import type { Mark } from "./marks.js";
import type { LossName, Minimum, Precision } from "./minimum.js";

/** What part of the spectrum says of a minimum. */
export interface IntervalAnalysis {
  minimum: {
    name: string;
    examples: number;
    outputs: number;
    loss: LossName;
    precision: Precision;
    preconditioned?: boolean;
  };
  /** How many modes were taken exactly. */
  modes: number;
  /** `Tr G` of all other modes over `Tr G`. */
  tailShare: number;
  traceG: number;
  /** The largest eigenvalues of G, at most ten. */
  eigenvalues: number[];
  conditions: ConditionInterval[];
}

/** One way of training, judged by an interval. */
export interface ConditionInterval {
  batchSize: number;
  sampling: Sampling;
  /** η* is between these. */
  lower: number;
  upper: number;
  /** 2/λ_max, the edge of gradient descent. */
  meanEdge: number;
  learningRate: number | undefined;
  /** `"undecided"` where η is inside the interval; undefined without a learning rate. */
  verdict: "stable" | "unstable" | "undecided" | undefined;
  marks: readonly Mark[];
}

/** What is asked, from how many modes, and who wants to know how far it is. */
export interface IntervalOptions extends ConditionsRequest {
  /** As `truncateMinimum`. */
  modes?: number;
  onProgress?: (fraction: number, stage: string) => void;
  signal?: AbortSignal;
}

/**
 * Intervals around the exact thresholds of a minimum whose Gram matrix is too large for all its eigenvalues; conditions are those of
 * `decideConditions`. No growth rate, bounds and range of μ, and a floor of the square loss is not looked for: all need the whole
 * spectrum.
 *
 * @returns Plain data. Cost as `truncateMinimum` once, and `thresholdInterval` for each batch size.
 * @throws AnalysisError as `decideConditions`, and INVALID_ARGUMENT for an optimizer that is not plain SGD; the errors of `truncateMinimum`.
 */
export async function analyseInterval(
  minimum: Minimum,
  { modes, onProgress, signal, ...request }: IntervalOptions = {},
): Promise<IntervalAnalysis> {
  const conditions = decideConditions(minimum, request);
  for (const { optimizer } of conditions)
    if (!isPlainSgd(optimizer))
      throw new AnalysisError(
        "INVALID_ARGUMENT",
        "modes",
        `expected plain SGD beside it, got ${optimizer.kind} with momentum or weight decay`,
        "without it the threshold of any optimizer is exact",
      );
  const { system, name, loss, precision, preconditioned } = minimum;
  const { examples, outputs } = system;
  const unit = gramExponent(system);
  const watched = (
    from: number,
    share: number,
  ): { onProgress: (part: number, stage: string) => void; signal?: AbortSignal } => ({
    onProgress: (part, stage) => onProgress?.(from + share * part, stage),
    ...(signal === undefined ? {} : { signal }),
  });
  // Eigenpairs take most of the time, whatever the number of batch sizes.
  const truncated = await aboutModes(() =>
    truncateMinimum(inGramUnits(system, unit), { ...(modes === undefined ? {} : { modes }), ...watched(0, 0.7) }),
  );
  const inUnits = (value: number): number => timesPowerOfTwo(value, unit);
  const judged: ConditionInterval[] = [];
  for (const [k, { batchSize, sampling, learningRate, marks }] of conditions.entries()) {
    const share = 0.3 / conditions.length;
    const found = await aboutModes(() =>
      thresholdInterval(truncated, { batchSize, sampling, ...watched(0.7 + k * share, share) }),
    );
    const [lower, upper] = [found.lower, found.upper].map((value) => timesPowerOfTwo(value, -unit)) as [number, number];
    judged.push({
      batchSize,
      sampling,
      lower,
      upper,
      meanEdge: 2 / inUnits(truncated.eigenvalues[0]!),
      learningRate,
      verdict:
        learningRate === undefined
          ? undefined
          : learningRate <= lower
            ? "stable"
            : learningRate > upper
              ? "unstable"
              : "undecided",
      marks: [...marks, ...linearisationMarks(minimum)],
    });
  }
  let traceG = 0;
  for (let i = 0; i < examples * outputs; i++) traceG += system.gram[i * (examples * outputs + 1)]! / examples;
  return {
    minimum: { name, examples, outputs, loss, precision, ...(preconditioned === true ? { preconditioned } : {}) },
    modes: truncated.modes,
    tailShare: truncated.tailShare,
    traceG,
    eigenvalues: Array.from(truncated.eigenvalues.subarray(0, 10), inUnits),
    conditions: judged,
  };
}

/** What too few modes say nothing of is about the argument that asks for them. */
async function aboutModes<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StabilityError && error.code === "TOO_FEW_MODES")) throw error;
    throw new AnalysisError("INVALID_ARGUMENT", "modes", error.message.replace(/^\w+: /, ""), "ask for more");
  }
}

/** What can be wrong with what an analysis is asked for. */
export type AnalysisErrorCode =
  /** A shape, length or count does not fit the others. */
  | "SHAPE_MISMATCH"
  /** A number that must be finite is not. */
  | "NOT_FINITE"
  /** A batch is larger than the data. */
  | "BATCH_TOO_LARGE"
  /** Batches of one epoch depend on each other. */
  | "EPOCH_SHUFFLE_HAS_NO_THEORY"
  /** Something that is needed was not given. */
  | "MISSING"
  /** A value out of its range. */
  | "INVALID_ARGUMENT"
  /** The Gram matrix would not fit. */
  | "TOO_LARGE";

/**
 * Every error of this package, with its parts: a command line or a page names its own option for `argument` and keeps the rest.
 *
 * Recognise it by `name` and `code`.
 */
export class AnalysisError extends Error {
  override readonly name = "AnalysisError";
  readonly code: AnalysisErrorCode;
  /** What was wrong, by the name it has in this package: `batchSizes`, `learningRate`, `learningRates`, `weightDecay`, `gram`, `jacobian`, `preconditioner`, `residuals`, `outputs`, `sampling`, `inputs`, `targets`, `oneHot`, `loss`, `logits`, `labels`, `weights`, `modes`, `capture`. */
  readonly argument: string;
  /** What is wrong with it, without its name; other arguments stand in backticks. */
  readonly problem: string;
  /** What helps; arguments stand in backticks. */
  readonly advice: string | undefined;

  constructor(code: AnalysisErrorCode, argument: string, problem: string, advice?: string) {
    super(`${argument}: ${problem}${advice === undefined ? "" : ` (${advice})`}`);
    this.code = code;
    this.argument = argument;
    this.problem = problem;
    this.advice = advice;
  }
}

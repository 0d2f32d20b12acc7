/** What can go wrong in this package, as a closed set of codes. */
export type AutodiffErrorCode =
  | "GRADIENTS_NOT_REGISTERED"
  | "GRADIENT_MISSING"
  | "GRADIENT_INVALID"
  | "KERNEL_NOT_VERIFIED"
  | "NOT_A_FUNCTION_OF_PARAMS"
  | "INSIDE_GRADIENT"
  | "INVALID_ARGUMENT"
  | "UNSUPPORTED_LAYERS_MODEL"
  | "DISPOSED"
  | "MODEL_NOT_PURE"
  | "ENGINE_NOT_SUPPORTED"
  | "MIXES_EXAMPLES"
  | "NO_PER_EXAMPLE_RULE"
  | "PER_EXAMPLE_CHECK_FAILED";

/** The one error class of this package; tell cases apart by `code`. */
export class AutodiffError extends Error {
  override readonly name = "AutodiffError";
  readonly code: AutodiffErrorCode;
  /** What is wrong, without what a program can do about it. */
  readonly problem: string;
  /** What a program can do about it, where there is something. */
  readonly advice: string | undefined;

  constructor(code: AutodiffErrorCode, problem: string, options: ErrorOptions & { advice?: string } = {}) {
    const { advice, ...rest } = options;
    super(advice === undefined ? problem : `${problem}; ${advice}`, rest);
    this.code = code;
    this.problem = problem;
    this.advice = advice;
  }
}

import type { TraceAndNorm } from "../exact.js";
import { checkOneOf } from "../internal/arguments.js";
import type { LinearOperator } from "../operator.js";
import { deflatedSampling } from "./deflated.js";
import { plainSampling } from "./hutchinson.js";
import type { DeflatedOptions, Targets } from "./options.js";

/** What `traceAndNorm` accepts. */
export interface TraceAndNormOptions extends Omit<DeflatedOptions<TraceAndNorm>, "relativeError"> {
  /** `"deflated"` (the default) or `"hutchinson"`, which holds no basis and so needs only four vectors of memory. */
  method?: "deflated" | "hutchinson" | undefined;
  /**
   * Stop as soon as the standard errors are at most this fraction of their values; one number for both, or one for each.
   * Leave the trace out if it may be near zero: its relative error is then never small.
   */
  relativeError?: number | { trace?: number; norm?: number } | undefined;
}

/**
 * Tr A and ‖A‖_F of a symmetric operator from one pass: every product serves both.
 *
 * `method: "deflated"` is `hutchPlusPlusTrace` and `deflatedNorm` at once, `method: "hutchinson"` is `hutchinsonTrace` and
 * `hutchinsonNorm` at once; estimates, standard errors, memory and errors are theirs. `matvecs` of both counts the one pass.
 *
 * The two estimates share their probes, so their errors are correlated.
 */
export async function traceAndNorm(operator: LinearOperator, options: TraceAndNormOptions): Promise<TraceAndNorm> {
  const { method = "deflated", relativeError, ...rest } = options;
  checkOneOf("traceAndNorm", "method", method, ["deflated", "hutchinson"]);
  const targets: Targets =
    typeof relativeError === "object"
      ? { trace: relativeError.trace, norm: relativeError.norm }
      : { trace: relativeError, norm: relativeError };
  return (method === "deflated" ? deflatedSampling : plainSampling)("traceAndNorm", operator, rest, targets);
}

import { dot } from "@sgdscope/linear-algebra";
import { exactly, type TraceAndNorm } from "../exact.js";
import { add, noMoments } from "../internal/moments.js";
import { products } from "../internal/products.js";
import { LEAST_SAMPLES, nextLook } from "../internal/stopping.js";
import { squaredNorm } from "../internal/vectors.js";
import type { LinearOperator } from "../operator.js";
import { estimates, plan, satisfied, type ProbeOptions, type Targets } from "./options.js";

/** @internal vᵀAv and ‖Av‖² over independent probes v: one product serves both. */
export async function plainSampling(
  caller: string,
  operator: LinearOperator,
  options: ProbeOptions<TraceAndNorm>,
  targets: Targets,
): Promise<TraceAndNorm> {
  const run = products(caller, operator, options.signal);
  const { limit, adaptive, draw } = plan(caller, run.size, options, targets, 2);
  const report = (estimate?: TraceAndNorm): void =>
    options.onProgress?.({ matvecs: run.count(), maxMatvecs: limit, estimate });
  if (adaptive ? run.size <= LEAST_SAMPLES && run.size <= limit : run.size <= limit)
    return exactly(run, () => report());

  const trace = noMoments();
  const square = noMoments();
  const known = { trace: 0, square: 0 };
  const now = (): TraceAndNorm => estimates(known, trace, square, run.count(), targets);
  let look = LEAST_SAMPLES;
  while (run.count() < limit) {
    const v = draw();
    const product = await run.apply(v);
    add(trace, dot(v, product));
    add(square, squaredNorm(product));
    report(trace.count < 2 ? undefined : now());
    if (adaptive && trace.count === look) {
      const estimate = now();
      if (satisfied(estimate)) return estimate;
      if (run.count() + run.size <= limit && missing(estimate, targets) >= run.size)
        return exactly(run, () => report());
      look = nextLook(look);
    }
  }
  return now();
}

/** How many more samples the worst of the unmet targets would take, by the standard error so far. */
function missing({ trace, norm }: TraceAndNorm, targets: Targets): number {
  const needed = [
    { ...trace, target: targets.trace },
    { ...norm, target: targets.norm },
  ].map(({ value, standardError, samples, target }) =>
    target === undefined || standardError === 0
      ? 0
      : samples * (standardError / (target * Math.abs(value))) ** 2 - samples,
  );
  return Math.max(...needed);
}

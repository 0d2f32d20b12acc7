import type { SampledEstimate } from "../operator.js";

/** Fewest independent samples whose own skewness may shape an interval. */
const LEAST_FOR_SKEWNESS = 10;

/** What says that intervals of an estimate are not to be trusted. */
export const unreliable = (reason: string): Pick<SampledEstimate, "coverage" | "reason"> => ({
  coverage: "unreliable",
  reason,
});

/** Nothing from `LEAST_FOR_SKEWNESS` samples on; fewer do not show how skewed they are. */
export const judgedBySamples = (samples: number): Partial<SampledEstimate> =>
  samples >= LEAST_FOR_SKEWNESS
    ? {}
    : unreliable(
        `${samples} independent samples do not show how skewed they are; ${LEAST_FOR_SKEWNESS} or more are needed`,
      );

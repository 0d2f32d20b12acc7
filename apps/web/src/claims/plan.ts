import { needsBackend, type Claim, type Job } from "@sgdscope/experiments";

/** How much a reader spends: the smallest form, whose bands may be missed, or that of `sgdscope reproduce --fast`. */
export type Effort = "quick" | "fast";

/** What of a claim runs in a page. */
export interface Plan {
  jobs: Job[];
  /** Roles of the jobs that need a TensorFlow.js backend, each once. */
  leftOut: string[];
}

/** The jobs of a claim on models in closed form; those that train networks of TensorFlow.js are left out, by name. */
export function planOf(claim: Claim, effort: Effort): Plan {
  const all = claim.jobs({ preset: effort === "quick" ? "test" : "fast", images: { kind: "synthetic" }, seed: 1 });
  return {
    jobs: all.filter(({ task }) => !needsBackend(task)),
    leftOut: [...new Set(all.filter(({ task }) => needsBackend(task)).map(({ role }) => role))],
  };
}

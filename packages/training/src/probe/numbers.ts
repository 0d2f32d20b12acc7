import type { LossRecord } from "@sgdscope/sgd";

/** What can be measured along a training. */
export const probeIds = [
  "margin",
  "batch-sharpness",
  "critical-sharpness",
  "largest-eigenvalue",
  "trace",
  "noise-scale",
] as const;
export type ProbeId = (typeof probeIds)[number];

/** What probes found at one step: flat, so that a line of metrics is one row of a table; what was not measured is missing. */
export interface ProbeNumbers {
  /** η* over η of the Gauss–Newton linearisation for the optimizer, batch size and loss of the run: stable above 1; Infinity without an edge. */
  margin?: number;
  /** E_B[ĝᵀĤĝ/‖ĝ‖²]; 2/η at the stochastic edge of SGD. */
  batchSharpness?: number;
  batchSharpnessStandardError?: number;
  /** E[uᵀĤu]/E[u·ĝ] along the updates u of an optimizer that is not plain SGD. */
  updateSharpness?: number;
  updateSharpnessStandardError?: number;
  /** 2/η_c along the update of one batch; Infinity where it leads upwards at once. */
  criticalSharpness?: number;
  /** λ_max of H, and ‖Hv − λv‖ of its unit vector: some eigenvalue of H lies at most this far from it. */
  largestEigenvalueH?: number;
  largestEigenvalueHResidual?: number;
  traceH?: number;
  traceHStandardError?: number;
  /** Tr Σ/‖∇L‖². */
  noiseScale?: number;
  /** Tr(ΣG)/(∇LᵀG∇L). */
  curvatureNoiseScale?: number;
  /** μ. */
  alignmentFactor?: number;
}

/** A line of the metrics of a run: a checked loss, and what probes found there. */
export interface MetricRecord extends LossRecord, ProbeNumbers {}

import { batchSharpness } from "./batch-sharpness.js";
import { criticalSharpness } from "./critical-sharpness.js";
import { largestEigenvalue, trace } from "./hessian.js";
import { margin } from "./margin.js";
import { noiseScale } from "./noise-scale.js";
import type { ProbeId } from "./numbers.js";
import type { Probe } from "./probe.js";

/** Every probe, by its id. */
export const probes: Readonly<Record<ProbeId, Probe>> = {
  margin,
  "batch-sharpness": batchSharpness,
  "critical-sharpness": criticalSharpness,
  "largest-eigenvalue": largestEigenvalue,
  trace,
  "noise-scale": noiseScale,
};

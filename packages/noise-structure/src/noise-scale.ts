export { cloudWidth, type CloudWidth, type CloudWidthOptions } from "./noise-scale/cloud-width.js";
export { noiseScale, optimalStep, type NoiseScale, type OptimalStep } from "./noise-scale/exact.js";
export {
  sampledBatchSharpness,
  sampledUpdateSharpness,
  type SampledSteps,
  type SampledStepsOptions,
} from "./noise-scale/sampled-sharpness.js";
export {
  twoBatchNoiseScale,
  type NoiseScaleEstimate,
  type NoiseScaleSampling,
  type TwoBatchNorms,
} from "./noise-scale/two-batch.js";
export { workerNoiseScale, type WorkerNoiseScale, type WorkerNorms } from "./noise-scale/worker-ratio.js";

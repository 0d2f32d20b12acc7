export { averageCaseQuadratic, averageCaseSharpness } from "./sharpness/average-case.js";
export type { AverageCaseOptions, AverageCaseSharpness } from "./sharpness/average-case.js";
export { quadraticModel, type DifferentiableLoss, type LossFunction } from "./sharpness/loss.js";
export { worstCaseQuadratic, type WorstCaseOptions, type WorstCaseStep } from "./sharpness/trust-region.js";
export { keskarSharpness, worstCaseSharpness } from "./sharpness/worst-case.js";
export type { WorstCaseSharpness, WorstCaseSharpnessOptions } from "./sharpness/worst-case.js";

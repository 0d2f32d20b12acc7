export { empiricalTailIndex } from "./tail/empirical.js";
export { gaussianTailFormula, gaussianTailIndex } from "./tail/gaussian.js";
export { hillEstimate } from "./tail/hill.js";
export type { TailIndex } from "./tail/tail-index.js";

export { assertExamplesApart } from "./apart.js";
export { gaussNewtonTrace } from "./gauss-newton-trace.js";
export { gaussNewtonBlocks, type GaussNewtonBlocks } from "./block-norms.js";
export { gramSystemCost, type GramCost } from "./cost.js";
export { perExampleGradients, type Fallback, type PerExampleOptions } from "./gradients.js";
export { gram, gramSystem, type Gram, type GramModel, type GramOptions, type GramSystem } from "./gram.js";
export { exampleGradientNorms, type ExampleNormOptions } from "./norms.js";
export type { Inputs } from "./slices.js";
export { piecewiseLinearInParameters, type PiecewiseLinearity } from "./piecewise-linear.js";

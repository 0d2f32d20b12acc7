export { gram, gramSystem, type Gram, type GramModel, type GramOptions, type GramSystem } from "./gram.js";
export { perExampleGradients, type Fallback, type PerExampleOptions } from "./gradients.js";
export type { Inputs } from "./slices.js";

export { gram, gramSystem, type Gram, type GramModel, type GramOptions, type GramSystem, type Inputs } from "./gram.js";
export { perExampleGradients, type Fallback, type PerExampleOptions } from "./gradients.js";

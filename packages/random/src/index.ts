export { seededRandom, restoreRandom, type SeededRandom, type RandomState } from "./seeded.js";
export { gaussian } from "./gaussian.js";
export { rademacher } from "./rademacher.js";
export { permutation } from "./permutation.js";
export { subset } from "./subset.js";
export { samplings, type Sampling } from "./sampling.js";

import type { Claim } from "../claim.js";
import { ablation } from "./ablation.js";
import { adamEdge } from "./adam-edge.js";
import { alignment } from "./alignment.js";
import { bound } from "./bound.js";
import { crossEntropy } from "./cross-entropy.js";
import { diagram } from "./diagram.js";
import { edge } from "./edge.js";
import { escape } from "./escape.js";
import { fluctuation } from "./fluctuation.js";
import { generalization } from "./generalization.js";
import { minibatchNoise } from "./minibatch-noise.js";
import { momentumEdge } from "./momentum-edge.js";
import { noiseMagnitude } from "./noise-magnitude.js";
import { powerLawEscape } from "./power-law-escape.js";
import { predict } from "./predict.js";
import { saddleToSaddle } from "./saddle-to-saddle.js";
import { samEdgeClaim } from "./sam-edge.js";
import { size } from "./size.js";

/** Every claim, in the order of a report: from the noise to what follows from it. */
export const claims = [
  alignment,
  noiseMagnitude,
  bound,
  edge,
  momentumEdge,
  adamEdge,
  samEdgeClaim,
  crossEntropy,
  predict,
  size,
  escape,
  powerLawEscape,
  minibatchNoise,
  fluctuation,
  saddleToSaddle,
  diagram,
  ablation,
  generalization,
] as unknown as readonly Claim[];

/** The claim of that name, or undefined. */
export const claimNamed = (name: string): Claim | undefined => claims.find((claim) => claim.name === name);

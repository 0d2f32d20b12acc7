import type { BackendCase } from "./case.js";
import { contractions } from "./cases/contractions.js";
import { elementwise } from "./cases/elementwise.js";
import { rearrangements } from "./cases/rearrangements.js";
import { reductions } from "./cases/reductions.js";

/** The operations that networks, losses and their derivatives are made of. */
export const backendCases: BackendCase[] = [...contractions(), ...elementwise(), ...reductions(), ...rearrangements()];

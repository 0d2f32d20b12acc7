import { noiseStructureAt, type PreparedMinimum } from "@sgdscope/stability-criterion";
import { lossFloor } from "@sgdscope/stability-criterion/stationary";
import { mark, type Mark } from "./marks.js";
import type { Minimum } from "./minimum.js";

/** Share of the loss below which a floor is rounding, or what convergence has left. */
const SHARE = 1e-3;

/**
 * @internal The mark of a point whose loss has a floor that no step can reduce. Of a training it is known how far it came; of
 * mere arrays the residuals tell.
 */
export const floorMarks = ({ reached }: Pick<Minimum, "reached">, prepared: PreparedMinimum): Mark[] =>
  reached === undefined && lossFloor(prepared) > SHARE * noiseStructureAt(prepared).loss ? [mark("loss-floor")] : [];

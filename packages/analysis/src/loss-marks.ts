import { noiseStructureAt, type PreparedMinimum } from "@sgdscope/stability-criterion";
import { lossFloor } from "@sgdscope/stability-criterion/stationary";
import { mark, type Mark } from "./marks.js";
import type { Minimum } from "./minimum.js";

/** Share of the loss below which a floor is rounding, or what convergence has left. */
const SHARE = 1e-3;

/** Share of the curvature of a loss below which it counts as gone. */
const CURVATURE = 1e-2;

/**
 * The marks that a loss sets. Of the square loss: that of a point whose loss has a floor that no step can reduce; of a
 * training it is known how far it came, of mere arrays the residuals tell. Of others: what its linearisation is, and whether any
 * curvature is left.
 */
export function lossMarks(
  { loss, lossAtPoint, reached }: Pick<Minimum, "loss" | "lossAtPoint" | "reached">,
  prepared: PreparedMinimum,
): Mark[] {
  if (loss !== "square") return linearisationMarks({ loss, lossAtPoint });
  return reached === undefined && lossFloor(prepared) > SHARE * noiseStructureAt(prepared).loss
    ? [mark("loss-floor")]
    : [];
}

/** @internal The marks that need no spectrum: what the linearisation of a loss is that is not square. */
export const linearisationMarks = ({ loss, lossAtPoint }: LinearisedLoss): Mark[] =>
  loss === "square"
    ? []
    : [mark("gauss-newton"), ...((lossAtPoint?.curvatureLeft ?? 1) < CURVATURE ? [mark("vanishing-curvature")] : [])];

interface LinearisedLoss {
  loss: Minimum["loss"];
  lossAtPoint?: Minimum["lossAtPoint"] | undefined;
}

import type { BoundKind } from "@sgdscope/stability-criterion";

/** What a criterion says of η*, in words: idealised formulas put a model, or a measured value, in the place of the true noise. */
export const kindText = (kind: BoundKind): string => (kind === "idealised" ? "heuristic, on either side" : kind);

import type { GramSystem, RankOptions } from "@sgdscope/noise-structure";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches } from "../sampling.js";
import { measuredAlignmentBound, uncentredAlignmentBound, worstCaseAlignmentBound } from "./alignment.js";
import type { Bound } from "./bound.js";
import { chiBound, chiJensenBound, frobeniusBound } from "./chi.js";
import { bestCaseCoherenceBound, coherenceBound } from "./dexter2024coherence.js";
import { gradientDescentBound } from "./gradient-descent.js";
import { rankOneBound, topEigenvectorBound } from "./rank-one.js";
import { structuredNoiseBounds } from "./structured-noise.js";
import { simpleTraceBound, traceBound, traceJensenBound } from "./trace.js";
import { wuMaEBound } from "./wu2018sgd.js";

/**
 * All bounds on the critical learning rate that apply to a minimum and a way of sampling; the exact threshold is not
 * among them.
 *
 * @returns In a fixed order. The most expensive is the worst-case alignment factor: one more eigendecomposition, once per
 *   prepared minimum.
 * @throws StabilityError as `samplingFactor` and `prepareMinimum`.
 */
export function stabilityBounds(system: GramSystem | PreparedMinimum, options: Batches & RankOptions): Bound[] {
  const minimum = prepareMinimum(system, options);
  const weights = weightsFor("stabilityBounds", minimum.examples, options);
  return [
    gradientDescentBound(minimum),
    worstCaseAlignmentBound(minimum, weights),
    measuredAlignmentBound(minimum, weights),
    traceBound(minimum, weights),
    traceJensenBound(minimum, weights),
    simpleTraceBound(minimum, weights),
    chiBound(minimum, weights),
    chiJensenBound(minimum, weights),
    frobeniusBound(minimum, weights),
    uncentredAlignmentBound(minimum, weights),
    topEigenvectorBound(minimum, weights),
    rankOneBound(minimum, weights),
    wuMaEBound(minimum, weights),
    coherenceBound(minimum, weights),
    bestCaseCoherenceBound(minimum, weights),
    ...structuredNoiseBounds(minimum, weights),
  ].filter((bound) => bound !== undefined);
}

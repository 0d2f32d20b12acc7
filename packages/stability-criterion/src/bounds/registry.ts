import { measuredAlignmentBound, uncentredAlignmentBound, worstCaseAlignmentBound } from "./alignment.js";
import type { BoundDefinition } from "./bound.js";
import { chiBound, chiJensenBound, frobeniusBound } from "./chi.js";
import { bestCaseCoherenceBound, coherenceBound } from "./dexter2024coherence.js";
import { exactBound } from "./exact.js";
import { gradientDescentBound } from "./gradient-descent.js";
import { rankOneBound, topEigenvectorBound } from "./rank-one.js";
import { decoupledBound, decoupledWithGradientBound, gaussianInputsBound } from "./structured-noise.js";
import { simpleTraceBound, traceBound, traceJensenBound } from "./trace.js";
import { wuMaEBound } from "./wu2018sgd.js";

/** Every bound, in the order in which they are reported. A new one is its file and a line here. */
export const bounds = [
  gradientDescentBound,
  worstCaseAlignmentBound,
  measuredAlignmentBound,
  traceBound,
  traceJensenBound,
  simpleTraceBound,
  chiBound,
  chiJensenBound,
  frobeniusBound,
  uncentredAlignmentBound,
  topEigenvectorBound,
  rankOneBound,
  wuMaEBound,
  coherenceBound,
  bestCaseCoherenceBound,
  decoupledWithGradientBound,
  decoupledBound,
  gaussianInputsBound,
] as const;

/** The keys of all criteria: the exact threshold and the bounds. */
export type BoundId = typeof exactBound.id | (typeof bounds)[number]["id"];

/** What is known of every criterion before it is given numbers, the exact threshold first. */
export const boundDefinitions: readonly BoundDefinition<BoundId>[] = [exactBound, ...bounds].map(
  ({ id, label, kind, assumptions, source, evidence, diagram = false }: BoundDefinition<BoundId>) => ({
    id,
    label,
    kind,
    assumptions,
    source,
    evidence,
    diagram,
  }),
);

/** The definition behind an id, such as `"rank-one"`; undefined for an id that is none. */
export const boundDefinition = (id: string): BoundDefinition<BoundId> | undefined =>
  boundDefinitions.find((definition) => definition.id === id);

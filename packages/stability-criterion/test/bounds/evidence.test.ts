import { describe, expect, it } from "vitest";
import {
  boundDefinitions,
  prepareMinimum,
  samplingWeights,
  type BoundKind,
  type Evidence,
  type Sampling,
} from "../../src/index.js";
import {
  gradientDescentBound,
  rankOneBound,
  simpleTraceBound,
  topEigenvectorBound,
  traceBound,
  traceJensenBound,
} from "../../src/bounds.js";
import { problem } from "../support/problems.js";

const one = prepareMinimum(problem([1, 2, 0, 1, 1, 1], [1, -1, 0.5]).system);
const two = prepareMinimum(problem([1, 2, 0, 1, 1, 1, 2, 1], [1, -1, 0.5, 1], 2).system);

/** What each formula says about the exact threshold, how far it can be trusted for single examples and for Bernoulli pairs, and whether it is drawn. */
const known: Record<string, [BoundKind, Evidence, Evidence, boolean]> = {
  exact: ["exact", "sourced", "derived here", true],
  "gradient-descent": ["necessary", "sourced", "sourced", true],
  "alignment-worst-case": ["necessary", "derived here", "derived here", true],
  "alignment-measured": ["idealised", "recalled", "recalled", true],
  trace: ["necessary", "sourced", "derived here", true],
  "trace-jensen": ["necessary", "derived here", "derived here", false],
  "trace-simple": ["necessary", "sourced", "derived here", false],
  chi: ["necessary", "derived here", "derived here", true],
  "chi-jensen": ["necessary", "derived here", "derived here", false],
  frobenius: ["necessary", "derived here", "derived here", true],
  "alignment-uncentred": ["necessary", "derived here", "derived here", false],
  "top-eigenvector": ["necessary", "sourced", "derived here", true],
  "rank-one": ["necessary", "sourced", "derived here", true],
  "wu-ma-e": ["sufficient", "sourced", "derived here", true],
  coherence: ["necessary", "sourced", "sourced", true],
  "coherence-best-case": ["idealised", "recalled", "recalled", false],
  "structured-decoupled-with-gradient": ["idealised", "derived here", "derived here", false],
  "structured-decoupled": ["idealised", "derived here", "derived here", false],
  "structured-gaussian-inputs": ["idealised", "derived here", "derived here", false],
};

describe("what is known of a formula", () => {
  it("is known of every one", () => expect(boundDefinitions.map(({ id }) => id)).toEqual(Object.keys(known)));

  it.each(boundDefinitions.map((definition) => [definition.id, definition] as const))(
    "of %s is its kind, its evidence by case, and whether diagrams draw it",
    (id, { kind, evidence, diagram, source, assumptions }) => {
      const of = (batchSize: number, sampling: Sampling): Evidence =>
        typeof evidence === "function" ? evidence(one, samplingWeights(3, { batchSize, sampling })) : evidence;
      expect([kind, of(1, "without-replacement"), of(2, "bernoulli"), diagram ?? false]).toEqual(known[id]);
      // A formula of a paper names it.
      if (of(1, "without-replacement") !== "derived here")
        expect(source).toMatch(/\(\d{4}\)|gradient descent|classical/i);
      expect(assumptions).toMatch(/^\p{Lu}.+\.$/u);
    },
  );
});

describe("evidence for a bound", () => {
  // Mulayoff & Michaeli (2024) and others treat centred noise only.
  it.each<[Sampling, string]>([
    ["with-replacement", "sourced"],
    ["without-replacement", "sourced"],
    ["bernoulli", "derived here"],
  ])("of papers on centred noise is, for batches %s, %s", (sampling, evidence) => {
    const weights = samplingWeights(3, { batchSize: 2, sampling });
    for (const bound of [traceBound, topEigenvectorBound, rankOneBound])
      expect(bound(one, weights).evidence).toBe(evidence);
    expect(gradientDescentBound(one).evidence).toBe("sourced");
    expect(traceJensenBound(one, weights).evidence).toBe("derived here");
  });

  it("of the simple trace bound is the paper's for single examples and one output alone", () => {
    const single = { batchSize: 1, sampling: "without-replacement" } as const;
    const pair = { batchSize: 2, sampling: "without-replacement" } as const;
    expect(simpleTraceBound(one, samplingWeights(3, single)).evidence).toBe("sourced");
    expect(simpleTraceBound(one, samplingWeights(3, pair)).evidence).toBe("derived here");
    expect(simpleTraceBound(two, samplingWeights(2, single)).evidence).toBe("derived here");
  });
});

import { describe, expect, it } from "vitest";
import { prepareMinimum, samplingWeights, type Sampling } from "../../src/index.js";
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

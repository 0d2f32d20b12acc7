import { describe, expect, it } from "vitest";
import { defaults, lastPhase, parametersOf, phaseAt, withPhase } from "../../src/state/settings.js";
import { prepare } from "../../src/study/problem.js";
import { seededRandom } from "@sgdscope/random";

const [first] = defaults().phases;

describe("phases", () => {
  it("hold from their step on", () => {
    const phases = withPhase([first], { ...first, from: 100, batchSize: 4 });
    expect(phaseAt(phases, 99).batchSize).toBe(1);
    expect(phaseAt(phases, 100).batchSize).toBe(4);
    expect(lastPhase(phases).batchSize).toBe(4);
  });

  it("replace what was to come at or after their step", () => {
    const later = withPhase(withPhase([first], { ...first, from: 100 }), { ...first, from: 200 });
    expect(withPhase(later, { ...first, from: 100, batchSize: 2 }).map(({ from }) => from)).toEqual([0, 100]);
    expect(withPhase(later, { ...first, batchSize: 2 })).toEqual([{ ...first, batchSize: 2 }]);
  });
});

it.each(["two-layer-relu", "random-features"] as const)("counts the parameters of %s as the model does", (model) => {
  const { problem } = defaults(model);
  expect(parametersOf(problem)).toBe(prepare(problem, seededRandom(1)).model.parameters);
});

import { runId } from "@sgdscope/runs";
import { expect, it } from "vitest";
import { mutations, type Mutant } from "../../testing/src/mutants.js";
import { surveyMutants } from "../../testing/src/survey-mutants.js";
import { gridPoints, parseGrid, parsePlan, planRuns, SweepError } from "../src/index.js";

const COUNT = 10_000;
const refusal = (error: unknown): string | undefined => (error instanceof SweepError ? error.code : undefined);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const grids = [
  `name: a sweep
base:
  data: { kind: synthetic, count: 100 }
  model: &m { kind: fully-connected, widths: [16, 16] }
axes:
  learningRate: { from: 0.01, to: 0.16, factor: 2 }
  batchSize: [1, 4, all]
  model.widths: [[8], [16, 16]]
  momentum: { from: 0, to: 0.5, step: 0.25 }
seeds: 3
exclude:
  - { learningRate: { atLeast: 0.1 }, batchSize: [1] }
`,
  JSON.stringify({
    base: { model: { kind: "fully-connected", widths: [4] } },
    axes: { learningRate: { from: 0.001, to: 1, count: 5, spacing: "log" }, seed: [1, 2, 3] },
    exclude: [{ learningRate: { above: 0.5, below: 2 } }],
  }),
];

function* several(texts: readonly string[], seed: number): Generator<Mutant> {
  for (const [k, text] of texts.entries())
    yield* mutations(new TextEncoder().encode(text), { seed: seed + k, count: COUNT / texts.length });
}

it(`${COUNT} mutants of grids are spelled out within the limit, or refused`, { timeout: 600_000 }, async () => {
  const survey = await surveyMutants(several(grids, 1), (bytes) => gridPoints(parseGrid(decode(bytes))), {
    refusal,
    accept: (points) => {
      if (points.length > 100_000) expect.fail(`${points.length} points`);
      for (const point of points.slice(0, 100))
        if (Object.getPrototypeOf(point) !== Object.prototype) expect.fail("a point with another prototype");
      // What JSON does not have would not survive the plan.
      JSON.stringify(points.slice(0, 100), (_, value: unknown) => {
        if (typeof value === "number" && !Number.isFinite(value)) expect.fail("a number that is not finite");
        return value;
      });
    },
  });
  console.info("grids", JSON.stringify(survey));
  expect(survey.accepted).toBeGreaterThan(0);
  expect(survey.refused).toBeGreaterThan(COUNT / 10);
  expect(survey.mostBytes).toBeLessThan(50e6);
});

it(
  `${COUNT} mutants of a plan name each run by the hash of its task, or are refused`,
  { timeout: 300_000 },
  async () => {
    const plan = planRuns({ axes: { learningRate: [0.01, 0.02], batch: [1, "all"] } }, (settings) => settings);
    const text = plan.map((line) => `${JSON.stringify(line)}\n`).join("");
    const known = new Set(plan.map(({ id }) => id));
    const survey = await surveyMutants(several([text], 10), (bytes) => parsePlan(decode(bytes), "plan.jsonl"), {
      refusal,
      accept: (lines) => {
        for (const [k, { index, id, task }] of lines.entries())
          if (index !== k || runId(task) !== id || !known.has(id)) expect.fail(`line ${k}`);
      },
    });
    console.info("plan", JSON.stringify(survey));
    expect(survey.accepted).toBeGreaterThan(0);
    expect(survey.refused).toBeGreaterThan(COUNT / 4);
    expect(survey.mostBytes).toBeLessThan(50e6);
  },
);

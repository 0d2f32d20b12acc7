import { expect, it } from "vitest";
import { mutations } from "../../testing/src/mutants.js";
import { surveyMutants } from "../../testing/src/survey-mutants.js";
import { formatCsv, formatParquet, metricsTable, ResultFilesError } from "../src/index.js";
import { metricOf } from "../src/runs.js";

const COUNT = 10_000;

it(`${COUNT} mutants of metrics.jsonl become tables, or are refused`, { timeout: 300_000 }, async () => {
  const text = [0, 50, 100].map((step) => `${JSON.stringify({ step, loss: 1 / (1 + step), note: "a" })}\n`).join("");
  const survey = await surveyMutants(
    mutations(new TextEncoder().encode(`${text}{"step":150,"loss":"Infinity"}\n`), { seed: 1, count: COUNT }),
    (bytes) => {
      const lines = new TextDecoder().decode(bytes).split("\n").slice(0, -1);
      const metrics = lines.map((line) => metricOf("metrics.jsonl", line));
      const run = { id: "a", directory: "a", state: "done", task: {}, record: undefined, metrics, written: 0 };
      const table = metricsTable([run]);
      return { table, files: table.length === 0 ? [] : [formatCsv(table), formatParquet(table)] };
    },
    {
      refusal: (error) => (error instanceof ResultFilesError ? error.code : undefined),
      accept: ({ table }) => {
        const steps = table.find(({ name }) => name === "step")?.values ?? [];
        for (const step of steps) if (!Number.isSafeInteger(step) || (step as number) < 0) expect.fail(`step ${step}`);
        for (const { values } of table) if (values.length !== table[0]!.values.length) expect.fail("ragged columns");
      },
    },
  );
  console.info("metrics", JSON.stringify(survey));
  expect(survey.accepted).toBeGreaterThan(0);
  expect(survey.refused).toBeGreaterThan(COUNT / 10);
  expect(survey.mostBytes).toBeLessThan(50e6);
});

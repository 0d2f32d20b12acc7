import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatJson } from "@sgdscope/array-files";
import { expect, it } from "vitest";
import { mutations } from "../../testing/src/mutants.js";
import { surveyMutants } from "../../testing/src/survey-mutants.js";
import { jobStore, parseRunFile, runId, RunsError } from "../src/index.js";

const COUNT = 10_000;
const bytesOf = (value: object, space?: number): Uint8Array => new TextEncoder().encode(formatJson(value, space));
const refusal = (error: unknown): string | undefined => (error instanceof RunsError ? error.code : undefined);

it(
  `${COUNT} mutants of run.json are run files with the id of their task, or refused`,
  { timeout: 300_000 },
  async () => {
    const task = { data: { kind: "synthetic", count: 12 }, learningRate: 0.02, widths: [4, 8], seed: 1 };
    const run = {
      schema: "sgdscope/run@2",
      id: runId(task),
      task,
      environment: { cores: 2, node: "v20" },
      state: "done",
      record: { loss: 1e-12, edgeRatio: 0.97, bound: Infinity },
    };
    const failed = { ...run, state: "failed", record: undefined, error: { message: "no room", code: "STORAGE" } };
    for (const [k, file] of [run, failed].entries()) {
      const survey = await surveyMutants(
        mutations(bytesOf(file, 2), { seed: 100 + k, count: COUNT / 2 }),
        (bytes) => parseRunFile(new TextDecoder().decode(bytes), "run.json"),
        {
          refusal,
          accept: ({ schema, id, task: found, environment, state }) => {
            if (!/^sgdscope\/run@[12]$/.test(schema) || !/^(running|stopped|done|failed)$/.test(state))
              expect.fail("state");
            // Whatever else changed: these are the settings that the id names.
            if (id !== run.id) expect.fail("id");
            if (runId(found) !== id) expect.fail("task");
            if (Object.values(environment).some((value) => typeof value === "object")) expect.fail("environment");
          },
        },
      );
      console.info("run.json", JSON.stringify(survey));
      expect(survey.accepted).toBeGreaterThan(0);
      expect(survey.refused).toBeGreaterThan(COUNT / 4);
      expect(survey.mostBytes).toBeLessThan(50e6);
    }
  },
);

it(`${COUNT} mutants of a kept job are that job's, or count as not there`, { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sgdscope-mutants-"));
  const job = { study: "escape", task: { seed: 1 } };
  const result = { records: [{ value: 1.5, bound: Infinity }], seconds: 2, backend: "cpu" };
  const isResult = (value: object): boolean => Array.isArray((value as { records?: unknown }).records);
  const store = await jobStore<typeof job, typeof result>(folder, {
    schema: "test@1",
    identity: { version: "1" },
    isResult,
  });
  await store.write(job, result);
  const path = join(folder, (await readdir(folder))[0]!);
  const original = bytesOf({ schema: "test@1", id: store.idOf(job), version: "1", job, result });
  let there = 0;
  const survey = await surveyMutants(
    mutations(original, { seed: 200, count: COUNT }),
    async (bytes) => {
      await writeFile(path, bytes);
      return store.read(job);
    },
    {
      refusal,
      accept: (found) => {
        if (found === undefined) return;
        there++;
        if (!Array.isArray(found.records)) expect.fail("records");
      },
    },
  );
  await rm(folder, { recursive: true });
  console.info("kept job", there, "there", JSON.stringify(survey));
  expect(survey.accepted).toBe(COUNT);
  expect(there).toBeGreaterThan(0);
  expect(there).toBeLessThan(COUNT);
  expect(survey.mostBytes).toBeLessThan(50e6);
});

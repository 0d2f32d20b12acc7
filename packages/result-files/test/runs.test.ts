import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatJson } from "@sgdscope/array-files";
import { runId } from "@sgdscope/runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRuns, metricsTable, queryRuns, readRuns, recordsTable } from "../src/index.js";

const tasks = [0.02, 0.04].map((learningRate) => ({ learningRate, model: { kind: "fully-connected" } }));
/** In the order of their names, which are hashes. */
const [first, second] = tasks.map((task) => ({ task, id: runId(task) })).sort((a, b) => (a.id < b.id ? -1 : 1)) as [
  { task: object; id: string },
  { task: object; id: string },
];
const rateOf = (task: object): unknown => (task as { learningRate: number }).learningRate;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-it's-"));
  for (const [k, id] of [first.id, second.id].entries()) {
    const directory = join(folder, "sweep", "runs", id);
    await mkdir(directory, { recursive: true });
    const run = {
      schema: "sgdscope/run@1",
      id,
      task: (k === 0 ? first : second).task,
      environment: { cores: 2 },
      state: k === 0 ? "done" : "running",
      ...(k === 0 ? { record: { steps: 500, minimum: { edgeRatio: 0.97 } } } : {}),
    };
    await writeFile(join(directory, "run.json"), JSON.stringify(run));
    // The second run is being written, or was killed: its last line is torn.
    const lines = [0, 500].map((step) => JSON.stringify({ step, loss: 1 / (1 + step + k) })).join("\n");
    await writeFile(join(directory, "metrics.jsonl"), k === 0 ? `${lines}\n` : `${lines}\n{"step":10`);
  }
  await mkdir(join(folder, "empty"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("readRuns", () => {
  it("finds runs in a sweep, in a folder of runs, and one by itself", async () => {
    const both = [first.id, second.id].map((id) => join(folder, "sweep", "runs", id));
    expect(await findRuns([join(folder, "sweep")])).toEqual(both);
    expect(await findRuns([join(folder, "sweep", "runs")])).toEqual(both);
    expect(await findRuns([both[1]!])).toEqual([both[1]]);
    await expect(findRuns([join(folder, "empty")])).rejects.toMatchObject({ code: "NO_RUNS" });
  });

  it("drops a torn last line", async () => {
    const runs = await readRuns([join(folder, "sweep")]);
    expect(runs.map(({ metrics }) => metrics.length)).toEqual([2, 2]);
    expect(metricsTable(runs)).toEqual([
      { name: "run", type: "text", values: [first.id, first.id, second.id, second.id] },
      { name: "step", type: "number", values: [0, 500, 0, 500] },
      { name: "loss", type: "number", values: [1, 1 / 501, 0.5, 1 / 502] },
    ]);
    expect(recordsTable(runs).map(({ name, values }) => [name, values])).toEqual([
      ["run", [first.id, second.id]],
      ["state", ["done", "running"]],
      ["task.learningRate", [rateOf(first.task), rateOf(second.task)]],
      ["task.model.kind", ["fully-connected", "fully-connected"]],
      ["record.steps", [500, null]],
      ["record.minimum.edgeRatio", [0.97, null]],
    ]);
  });
});

describe("queryRuns", () => {
  it("answers SQL over metrics and runs where they lie, torn lines aside", async () => {
    const sql = "select run, count(*) as checks, min(loss) as least from metrics group by run order by run";
    expect(await queryRuns(sql, [join(folder, "sweep")])).toEqual({
      columns: ["run", "checks", "least"],
      rows: [
        { run: first.id, checks: 2, least: 1 / 501 },
        { run: second.id, checks: 2, least: 1 / 502 },
      ],
    });
    const joined =
      "select task.learningRate as eta, record.minimum.edgeRatio as ratio, task.model from runs where state = 'done'";
    expect((await queryRuns(joined, [join(folder, "sweep")])).rows).toEqual([
      { eta: rateOf(first.task), ratio: 0.97, model: { kind: "fully-connected" } },
    ]);
  });

  it("compares numbers as numbers where some are infinite, and texts as texts", async () => {
    const runs = [9, 10, Infinity].map((margin, k) => {
      const task = { learningRate: k + 1, 'the "name", quoted': "Infinity" };
      const minimum = { criticalLearningRate: margin, always: Infinity, marks: ["a"], id: k === 0 ? 12 : "word" };
      return { id: runId(task), task, record: { loss: margin, minimum }, margin };
    });
    for (const { id, task, record, margin } of runs) {
      const directory = join(folder, "infinite", "runs", id);
      await mkdir(directory, { recursive: true });
      const run = { schema: "sgdscope/run@2", id, task, environment: {}, state: "done", record };
      await writeFile(join(directory, "run.json"), formatJson(run));
      const lines = [
        { step: 0, loss: 1 },
        { step: 5, loss: 0.5, margin },
      ].map((line) => `${formatJson(line)}\n`);
      await writeFile(join(directory, "metrics.jsonl"), lines.join(""));
    }
    const ask = async (sql: string) => (await queryRuns(sql, [join(folder, "infinite")])).rows;
    expect(
      await ask("select max(margin) as most, min(margin) as least, typeof(any_value(margin)) as type from metrics"),
    ).toEqual([{ most: Infinity, least: 9, type: "DOUBLE" }]);
    expect(
      await ask(
        "select max(record.loss) as loss, max(record.minimum.criticalLearningRate) as rate, min(record.minimum.always) as always from runs",
      ),
    ).toEqual([{ loss: Infinity, rate: Infinity, always: Infinity }]);
    expect(
      await ask(
        `select distinct task."the ""name"", quoted" as text, count(record.minimum.id) as ids from runs group by all`,
      ),
    ).toEqual([{ text: "\\Infinity", ids: 3 }]);
  });

  it("gives DuckDB's message for a wrong query", async () => {
    await expect(queryRuns("selec 1", [join(folder, "sweep")])).rejects.toMatchObject({
      code: "QUERY_FAILED",
      message: expect.stringContaining("syntax error") as string,
    });
  });

  it("says how to install DuckDB where it is missing", async () => {
    const missing = (): Promise<never> => Promise.reject(new Error("Cannot find package"));
    await expect(queryRuns("select 1", [join(folder, "sweep")], missing)).rejects.toMatchObject({
      code: "NOT_INSTALLED",
      message: expect.stringContaining("npm install @duckdb/node-api") as string,
    });
  });
});

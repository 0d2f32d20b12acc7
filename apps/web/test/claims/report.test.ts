import { formatJson } from "@sgdscope/array-files";
import { claimNamed, claims, runClaim, type Acceptance, type Finished } from "@sgdscope/experiments";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareBackend } from "../../../../packages/compute/src/index.js";
import { boundDocument } from "../../../cli/src/quickstart/text.js";
import { planOf } from "../../src/claims/plan.js";
import { claimOf, loadReport, ReportError, type LoadedReport } from "../../src/claims/report.js";
import { settings } from "./settings.js";

const scope = { preset: "test", images: { kind: "synthetic" }, seed: 1 } as const;

/** The first jobs of a claim that run in a page, done. */
async function firstOf(name: string, count = 1): Promise<Finished[]> {
  const claim = claimNamed(name)!;
  const inPages = planOf(claim, "quick").jobs;
  // A claim of networks alone runs at the command line, and its report opens here.
  if (inPages.length === 0) await prepareBackend("wasm");
  const jobs = (inPages.length > 0 ? inPages : claim.jobs(scope)).slice(0, count);
  const finished: Finished[] = [];
  for await (const done of runClaim({ ...claim, jobs: () => jobs }, scope)) finished.push(done);
  return finished;
}

const textOf = (parts: object[], schema: unknown = "sgdscope/reproduce@2"): string =>
  formatJson({ schema, command: "sgdscope reproduce edge", preset: "fast", data: "synthetic", seed: 1, claims: parts });
const partOf = (name: string, finished: readonly Finished[]): object => ({
  name,
  jobs: finished.map((one) => ({ ...one, study: claimNamed(name)!.study })),
});
const judgedOf = (text: string): Acceptance[] =>
  loadReport(text).parts.flatMap((part) => claimOf(part).judge(part.finished));

/** A copy with some of its numbers replaced; names and lists stay. */
function replaced(value: unknown, by: (field: string, value: number) => unknown, field = ""): unknown {
  if (typeof value === "number") return by(field, value);
  if (Array.isArray(value)) return value.map((each) => replaced(each, by, field));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaced(each, by, key)]));
}

/** A part with numbers of its records replaced. */
const withNumbers = (name: string, finished: readonly Finished[], by: (field: string, value: number) => unknown) =>
  partOf(
    name,
    finished.map((one) => ({ ...one, records: one.records.map((record) => replaced(record, by)) as never })),
  );

const tried = new Map<string, Finished[]>();
beforeAll(async () => {
  for (const { name, study } of claims) tried.set(name, await firstOf(name, study === "training" ? 4 : 1));
});

describe("a report.json", () => {
  it("gives the records of every claim back as they were", () => {
    for (const [name, finished] of tried) {
      const { parts, origin } = loadReport(textOf([partOf(name, finished)]));
      expect(origin).toBe("preset fast, images synthetic, seed 1, made by sgdscope reproduce edge");
      expect(parts, name).toEqual([{ name, quickstart: false, finished }]);
    }
  });

  it("whose measured numbers are null, missing or NaN agrees with no statement, in any version", () => {
    let before = 0;
    for (const [name, finished] of tried) {
      before += judgedOf(textOf([partOf(name, finished)])).filter(({ holds }) => holds).length;
      for (const [nothing, schema] of [
        [null, "sgdscope/reproduce@2"],
        [undefined, "sgdscope/reproduce@2"],
        [NaN, "sgdscope/reproduce@2"],
        [null, "sgdscope/reproduce@1"],
      ] as const) {
        const part = withNumbers(name, finished, (field, value) => (settings.has(field) ? value : nothing));
        const acceptances = judgedOf(textOf([part], schema));
        expect(acceptances.length, name).toBeGreaterThan(0);
        expect(acceptances.filter(({ holds }) => holds)).toEqual([]);
      }
    }
    expect(before).toBeGreaterThan(5);
  });

  it("of nothing but nulls is refused: a record says its settings", () => {
    for (const [name, finished] of tried)
      expect(() => loadReport(textOf([withNumbers(name, finished, () => null)]))).toThrow(
        /record 1: \w+: expected a number, got null/,
      );
  });

  it("without one of its measured quantities agrees only where that was not asked for", () => {
    for (const [name, finished] of tried) {
      const whole = new Map(judgedOf(textOf([partOf(name, finished)])).map((one) => [one.statement, one]));
      const fields = new Set<string>();
      withNumbers(name, finished, (field) => fields.add(field));
      for (const lost of fields)
        for (const nothing of settings.has(lost) ? [] : [null, NaN, "once"]) {
          let times = 0;
          const part = withNumbers(name, finished, (field, value) =>
            field !== lost ? value : nothing !== "once" ? nothing : times++ === 0 ? NaN : value,
          );
          for (const one of judgedOf(textOf([part])))
            if (one.holds)
              expect(one.range, `${one.statement} without ${lost}`).toEqual(whole.get(one.statement)?.range);
        }
    }
  });

  it("with a text in the place of a number, a list or a name is refused, naming claim, job and field", () => {
    const refusal = (name: string, by: (record: never) => object): string => {
      const finished = tried
        .get(name)!
        .map((one) => ({ ...one, records: one.records.map((each) => by(each as never)) }));
      try {
        loadReport(textOf([partOf(name, finished as never)]));
      } catch (error) {
        expect(error).toBeInstanceOf(ReportError);
        return (error as Error).message;
      }
      throw new Error("not refused");
    };
    expect(
      refusal("edge", (record: { minimum: object }) => ({ ...record, minimum: { ...record.minimum, edgeRatio: "1" } })),
    ).toBe('the claim edge, job 1 (two-layer ReLU), record 1: minimum.edgeRatio: expected a number, got "1".');
    expect(refusal("bound", (record: object) => ({ ...record, alignment: {} }))).toContain(
      "the claim bound, job 1 (learning rate), record 1: alignment: expected a list, got Object.",
    );
    expect(refusal("size", (record: object) => ({ ...record, interpolates: 1 }))).toContain(
      "record 1: interpolates: expected true or false, got 1.",
    );
    expect(refusal("alignment", ({ model: _, ...rest }: { model: string }) => rest)).toContain(
      "record 1: model: it is missing.",
    );
    expect(refusal("escape", () => ({ part: "cell" }))).toContain(
      'the claim escape, job 1 (two-layer ReLU), record 1: part: expected the name of a part of this study, got "cell".',
    );
    expect(refusal("generalization", (record: object) => ({ ...record, seed: 77 }))).toMatch(
      /the claim generalization, job 1 .*: seed: the task says \d+, its record 77\./,
    );
  });

  it("of an earlier version is read under today's names, with what was not finite as NaN", () => {
    const texts = { model: "m", data: "d", backend: "float64", interpolates: true };
    const minimum = { ...texts, parameters: 5, examples: 3, outputs: 1, learningRate: 0.1, batchSize: 3, rank: 3 };
    const records = [
      { part: "minimum", ...minimum, trace: 2, frobeniusNorm: 1 },
      { part: "curve", name: "rank one", kind: "necessary", batchSizes: [1], criticalLearningRates: [null] },
      { part: "cell", learningRate: 0.1, batchSize: 1, growthRate: null },
    ];
    const job = { role: "two-layer ReLU", study: "diagram", task: { batchSizes: [1] }, records };
    const { parts } = loadReport(textOf([{ name: "diagram", jobs: [job] }], "sgdscope/reproduce@1"));
    expect(parts[0]!.finished[0]!.records).toMatchObject([
      { part: "minimum", traceG: 2, frobeniusG: 1, loss: NaN },
      { part: "curve", id: "rank-one", label: "rank one", criticalLearningRates: [null] },
      { part: "cell", learningRate: 0.1, batchSize: 1, growthRate: NaN },
    ]);
  });

  it("is refused by name where it is something else", () => {
    const [done] = tried.get("edge")!;
    const job = { ...done, study: "training" };
    const twice = [partOf("edge", [done!]), partOf("edge", [done!])];
    const cases: [text: string, said: string][] = [
      ["{", "not JSON"],
      ["[]", "schema sgdscope/reproduce@2) or quickstart (sgdscope/bound@2), got the schema none"],
      ["1", "got other JSON"],
      [textOf([], "sgdscope/run@2"), "got the schema sgdscope/run@2"],
      [textOf([]), "no list of claims"],
      [textOf(twice), "the claim edge comes twice"],
      [textOf([{ name: "phlogiston", jobs: [] }]), "does not know the claim phlogiston"],
      [textOf([{ name: "edge", jobs: [] }]), "the claim edge has no list of jobs"],
      [textOf([{ name: "edge", jobs: [{ ...job, role: 1 }] }]), "the claim edge, job 1: role: expected a text"],
      [textOf([{ name: "edge", jobs: [{ ...job, study: "escape" }] }]), "study: expected training, got escape"],
      [textOf([{ name: "edge", jobs: [{ ...job, records: null }] }]), "records: expected a list"],
      [textOf([{ name: "edge", jobs: [{ ...job, task: null }] }]), "task: expected an object, got null"],
      [
        textOf([{ name: "ablation", jobs: [{ ...tried.get("ablation")![0], study: "ablation", records: [] }] }]),
        "lack",
      ],
    ];
    for (const [text, said] of cases) {
      expect(() => loadReport(text), said).toThrow(said);
      expect(() => loadReport(text)).toThrow(ReportError);
    }
  });
});

describe("the report.json of quickstart", () => {
  /** As the command writes it, with other runs. */
  const document = (): Record<string, unknown> => {
    const finished = tried.get("bound")! as Finished<"training">[];
    const study = {
      title: "Where SGD stops",
      records: finished.flatMap(({ records }) => records),
      tasks: finished.map(({ task }) => task) as never,
      command: "sgdscope quickstart --data synthetic",
      seconds: 1,
      version: "0.0.0",
    };
    return JSON.parse(formatJson(boundDocument(study))) as Record<string, unknown>;
  };
  const read = (changes: object = {}): LoadedReport => loadReport(JSON.stringify({ ...document(), ...changes }));

  it("is the claim bound, judged as the command judges it", () => {
    const { parts, origin } = read();
    expect(origin).toBe("made by sgdscope quickstart --data synthetic");
    expect(parts.map(({ name, quickstart }) => [name, quickstart])).toEqual([["bound", true]]);
    const acceptance = JSON.parse(formatJson(claimOf(parts[0]!).judge(parts[0]!.finished))) as unknown;
    expect(acceptance).toEqual(document()["acceptance"]);
  });

  it("is refused where a task has no record", () => {
    expect(() => read({ records: [] })).toThrow("lacks its tasks or its records");
    expect(() => read({ tasks: [] })).toThrow("expected one record per task, got 0 tasks and");
    expect(() => read({ command: 1 })).toThrow("does not say its command");
  });
});

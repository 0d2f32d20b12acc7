// Holds the loaded tests of a package and runs them for every mutant it is told of (by runner.mjs). It is the one test file that
// Vitest sees there, so everything tests expect of Vitest is at hand. Hooks of a whole suite run once, before any mutant.
import { readdirSync, readFileSync } from "node:fs";
import { BroadcastChannel } from "node:worker_threads";
import fc from "fast-check";
import { describe, it, TestRunner, vi, type RunnerTestCase, type RunnerTestSuite } from "vitest";

type Request = { kind: "dry-run" } | { kind: "mutant"; mutant: string; hitLimit: number | undefined; tests: string[] };

/** What the instrumented sources read and write. */
interface Instruments {
  /** By its number; see vitest.mutation.config.ts. */
  activeMutant?: number | undefined;
  /** How often a test runs each mutant's place, by its number, while it is set. */
  counts?: Uint32Array | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}
const instruments = ((globalThis as { __stryker__?: Instruments }).__stryker__ ??= {});

// The same examples for every mutant, and none looked for after the first that fails.
fc.configureGlobal({ seed: 1, endOnFailure: true });

const folder = `${process.cwd()}/packages/${process.env["SGDSCOPE_MUTATE"]!}/test`;
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts") && !path.endsWith(".soak.test.ts"))
  .filter((path) => new RegExp(process.env["SGDSCOPE_MUTATE_TESTS"] ?? "").test(path))
  .map((path) => ({ path, mocks: readFileSync(`${folder}/${path}`, "utf8").includes("vi.mock(") }))
  // Mocks stay for the files after them.
  .sort((a, b) => Number(a.mocks) - Number(b.mocks) || (a.path < b.path ? -1 : 1));

const suitesOf = ({ suite }: RunnerTestCase | RunnerTestSuite): RunnerTestSuite[] =>
  suite ? [...suitesOf(suite), suite] : [];
const testsOf = ({ tasks }: RunnerTestSuite): RunnerTestCase[] =>
  tasks.flatMap((task) => (task.type === "suite" ? testsOf(task) : ["run", "queued"].includes(task.mode) ? task : []));
const nameOf = (test: RunnerTestCase): string => [...suitesOf(test), test].map(({ name }) => name).join(" ");
const isSkip = (error: unknown): boolean => (error as { code?: unknown } | undefined)?.code === "VITEST_PENDING";

/** More than a package has. */
const MOST_MUTANTS = 50_000;

const prepared = new Set<RunnerTestSuite>();
async function prepare(test: RunnerTestCase): Promise<void> {
  for (const suite of suitesOf(test)) {
    if (prepared.has(suite)) continue;
    prepared.add(suite);
    for (const hook of TestRunner.getSuiteHooks(suite).beforeAll) await hook(suite);
  }
}

/** Why the test fails, or `undefined`. */
async function failure(test: RunnerTestCase): Promise<string | undefined> {
  const suites = suitesOf(test);
  const cleanups: (() => unknown)[] = [];
  try {
    for (const suite of suites)
      for (const hook of TestRunner.getSuiteHooks(suite).beforeEach) {
        const cleanup: unknown = await hook(test.context, suite);
        if (typeof cleanup === "function") cleanups.push(cleanup as () => unknown);
      }
    await TestRunner.getTestFn(test)();
    return undefined;
  } catch (error) {
    return isSkip(error) ? undefined : error instanceof Error ? error.message : String(error);
  } finally {
    for (const suite of suites.toReversed())
      for (const hook of TestRunner.getSuiteHooks(suite).afterEach)
        await Promise.resolve(hook(test.context, suite)).catch(() => undefined);
    for (const cleanup of cleanups) await cleanup();
  }
}

it("runs tests for mutants", { timeout: 0 }, async ({ task: { file } }) => {
  const tests = new Map<string, RunnerTestCase>();
  for (const test of testsOf(file).slice(1)) {
    const name = nameOf(test);
    tests.set(tests.has(name) ? `${name} (${tests.size})` : name, test);
  }
  const channel = new BroadcastChannel("mutation-session");

  async function dryRun(): Promise<object> {
    const results: object[] = [];
    const mutantCoverage = (instruments.mutantCoverage ??= { static: {}, perTest: {} });
    for (const [id, test] of tests) {
      await prepare(test);
      channel.postMessage({ kind: "begin", id });
      const counts = (instruments.counts = new Uint32Array(MOST_MUTANTS));
      const start = performance.now();
      const failureMessage = await failure(test);
      const timeSpentMs = performance.now() - start;
      instruments.counts = undefined;
      mutantCoverage.perTest[id] = Object.fromEntries([...counts.entries()].filter(([, count]) => count > 0));
      results.push({ id, name: id, timeSpentMs, status: failureMessage === undefined ? 0 : 1, failureMessage });
    }
    return { tests: results, mutantCoverage };
  }

  async function mutantRun({ mutant, hitLimit, tests: ids }: Request & { kind: "mutant" }): Promise<object> {
    for (const [i, id] of ids.entries()) {
      const test = tests.get(id)!;
      await prepare(test);
      channel.postMessage({ kind: "begin", id });
      Object.assign(instruments, {
        activeMutant: Number(mutant),
        hitCount: i === 0 ? 0 : instruments.hitCount,
        hitLimit,
      });
      const failureMessage = await failure(test);
      instruments.activeMutant = undefined;
      if (hitLimit !== undefined && instruments.hitCount! > hitLimit)
        return { status: "timeout", reason: `run more than ${hitLimit} times` };
      if (failureMessage !== undefined) return { status: "killed", killedBy: [id], failureMessage, nrOfTests: i + 1 };
    }
    return { status: "survived", nrOfTests: ids.length };
  }

  await new Promise((_, reject) => {
    channel.onmessage = ({ data }: { data: Request }) => {
      (data.kind === "mutant" ? mutantRun(data) : dryRun()).then((answer) => channel.postMessage(answer), reject);
    };
    channel.postMessage({ kind: "ready" });
  });
});

for (const { path } of files)
  describe(path, async () => {
    vi.resetModules();
    await import(/* @vite-ignore */ `${folder}/${path}`);
  });

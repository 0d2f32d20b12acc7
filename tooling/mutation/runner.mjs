// A test runner for StrykerJS that loads the tests of a package once, in a worker of Vitest, and runs them there again for every
// mutant: no process, no transform and no import per mutant. See session.ts for what happens in the worker.
import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { clearInterval, setInterval } from "node:timers";
import { BroadcastChannel } from "node:worker_threads";
import { createVitest, ThreadsPoolWorker } from "vitest/node";
import { messages } from "./messages.mjs";

/** Processor time that a test may take with a mutant, in ms; as long may it wait for nothing. A busy machine makes no timeouts. */
const allowed = (milliseconds) => 4000 + 5 * milliseconds;
const IDLE = 0.01;

/** Whether a mutant is among those that are run: all, or this share of them, drawn by the seed alone. */
function isDrawn({ fileName, location, mutatorName, replacement }) {
  const { SGDSCOPE_MUTATE_SHARE: share = "1", SGDSCOPE_MUTATE_SEED: seed = "1" } = process.env;
  const place = fileName.replace(/^.*\/packages\//, "");
  const text = JSON.stringify([seed, place, location, mutatorName, replacement]);
  return createHash("sha256").update(text).digest().readUInt32LE(0) < Number(share) * 2 ** 32;
}

/** The shortest tests that a mutant survives take no longer than this together, in ms; a longer one is run where there is no other. */
const ENOUGH = 20_000;

class LoadedVitest {
  #channel = new BroadcastChannel("mutation-session");
  #vitest;
  #worker;
  /** Ends when the session does. */
  #session;
  /** By id, how long each test takes, and how many mutants it has killed. */
  #tests = new Map();

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    this.#vitest = await createVitest("test", {
      config: "vitest.mutation.config.ts",
      watch: false,
      pool: { name: "loaded", createPoolWorker: (options) => (this.#worker = new ThreadsPoolWorker(options)) },
    });
    await this.#load();
  }

  async dryRun() {
    const { tests, mutantCoverage } = await this.#ask({ kind: "dry-run" });
    for (const { id, timeSpentMs } of tests) this.#tests.set(id, { timeSpentMs, kills: 0 });
    return { status: "complete", tests, mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    // Stryker has no word for a mutant that was left out; of errors it makes no score.
    if (!isDrawn(activeMutant)) return { status: "error", errorMessage: "not in the sample" };
    const cost = (id) => {
      const { timeSpentMs, kills } = this.#tests.get(id) ?? { timeSpentMs: 60_000, kills: 0 };
      return timeSpentMs / (1 + kills);
    };
    const sorted = [...testFilter].sort((a, b) => cost(a) - cost(b));
    let total = 0;
    const tests = sorted.filter((id, i) => (total += this.#tests.get(id)?.timeSpentMs ?? 0) <= ENOUGH || i === 0);
    const result = await this.#ask({ kind: "mutant", mutant: activeMutant.id, hitLimit, tests });
    if (result.killedBy && this.#tests.has(result.killedBy[0])) this.#tests.get(result.killedBy[0]).kills++;
    return result;
  }

  async dispose() {
    await this.#worker?.stop().catch(() => undefined);
    await this.#vitest?.close();
    this.#channel.close();
  }

  async #load() {
    const ready = this.#answer();
    this.#session = this.#vitest.start().then(() => undefined);
    const failed = this.#session.then(() => {
      const errors = this.#vitest.state
        .getUnhandledErrors()
        .concat(this.#vitest.state.getFiles().flatMap(({ result }) => result?.errors ?? []));
      throw new Error(`the tests cannot be loaded: ${errors.map((error) => error.stack ?? error.message).join("\n")}`);
    });
    failed.catch(() => undefined);
    await Promise.race([ready, failed]);
  }

  #answer(heard = () => undefined) {
    return new Promise((resolve) => {
      this.#channel.onmessage = ({ data }) => (data.kind === "begin" ? heard(data) : resolve(data));
    });
  }

  /** What the session answers; where a test with a mutant takes too much processor time or memory, a timeout and a new session. */
  async #ask(request) {
    let [begin, start] = [performance.now(), process.cpuUsage()];
    let limit = allowed(0);
    const answer = this.#answer(({ id }) => {
      [begin, start] = [performance.now(), process.cpuUsage()];
      limit = allowed(this.#tests.get(id)?.timeSpentMs ?? 60_000);
    });
    const watch = setInterval(() => {
      const { user, system } = process.cpuUsage(start);
      const [worked, elapsed] = [(user + system) / 1000, performance.now() - begin];
      const over = worked > limit || (elapsed > limit && worked < IDLE * elapsed);
      if (request.kind === "mutant" && over) void this.#worker.thread.terminate();
    }, 200);
    const ended = this.#session.catch(() => undefined);
    this.#channel.postMessage(request);
    const result = await Promise.race([answer, ended]);
    clearInterval(watch);
    if (result !== undefined) return result;
    if (request.kind !== "mutant") throw new Error("the session ended");
    await this.#load();
    return { status: "timeout", reason: `more than ${Math.round(limit)} ms, or too much memory` };
  }
}

export const strykerPlugins = [
  { kind: "TestRunner", name: "loaded-vitest", injectableClass: LoadedVitest },
  { kind: "Ignore", name: "messages", value: messages },
];

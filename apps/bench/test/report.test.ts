import { describe, expect, it } from "vitest";
import { measureCell, type Participant } from "../src/side-by-side/measure.js";
import { accurate, bestPeer, report } from "../src/side-by-side/report.js";
import type { Cell, Entry, Results } from "../src/side-by-side/results.js";
import { WORKLOADS } from "../src/side-by-side/workloads.js";

const workload = (name: string): (typeof WORKLOADS)[number] => WORKLOADS.find((each) => each.name === name)!;
const entry = (contender: string, seconds: number, error: number, ours = false): Entry => ({
  contender,
  ours,
  seconds: [seconds],
  processorSeconds: [seconds],
  error,
});
const cell: Cell = {
  network: "cnn-26k",
  workload: "top-eigenvalue",
  load: [0, 0],
  steps: 1,
  asked: [],
  entries: [
    entry("sgdscope wasm", 2, 1e-6, true),
    entry("hasty", 0.5, 0.03),
    entry("right", 4, 5e-4),
    { contender: "broken", ours: false, seconds: [], processorSeconds: [], failure: "TypeError: no" },
  ],
};
const written = { name: "cnn-26k", parameters: 25578, examples: 256, outputs: 10, origin: "a test", learningRate: 1 };

describe("the fastest peer", () => {
  it("is the fastest among the accurate, not the fastest", () => {
    expect(bestPeer(cell, workload("top-eigenvalue"))).toEqual({ contender: "right", seconds: 4 });
  });

  it("may miss the target of a random workload by half, since few seeds tell no better", () => {
    expect(accurate(entry("a", 1, 0.029), workload("trace"))).toBe(true);
    expect(accurate(entry("a", 1, 0.031), workload("trace"))).toBe(false);
    expect(accurate(entry("a", 1, 6e-4), workload("gradient"))).toBe(false);
  });
});

describe("the report", () => {
  const environment = {
    processor: "P",
    cores: 2,
    memoryGiB: 8,
    system: "s",
    node: "v20",
    commit: "c",
    date: "d",
    load: 0,
  };
  const results: Results = {
    environment,
    settings: { repeats: 1, threads: 2 },
    networks: [written],
    versions: {},
    missing: [{ contender: "PyTorch", reason: "spawn python3 ENOENT", remedy: "npm run bench:peers" }],
    cells: [cell],
  };

  it("sets ours over the fastest peer, and names what is missing or broken", () => {
    const text = report(results);
    expect(text).toContain("| λ₁ to 1e-3 | cnn-26k | right, 4.0 s | 0.50 |");
    expect(text).toContain("| hasty | 500 ms | 500 ms | 500 ms | 1 | – | 3.0e-2 (!) | 0.13 |");
    expect(text).toContain("| broken | fails: TypeError: no |");
    expect(text).toContain("- PyTorch is missing: spawn python3 ENOENT. Try: npm run bench:peers");
  });
});

describe("measuring a cell", () => {
  const order: string[] = [];
  const participant = (name: string, answers: (seed: number | undefined) => number): Participant => ({
    name,
    ours: false,
    contender: {
      load: () => Promise.reject(new Error("not here")),
      stop: () => undefined,
      run: (_, { seed }) => {
        order.push(`${name} ${seed ?? ""}`);
        const values = { trace: answers(seed) };
        return Promise.resolve({ seconds: 1, processorSeconds: 1, peakMiB: 1, products: 8, values });
      },
    },
  });
  const say = (): void => undefined;

  it("lets contenders take turns with a seed a round, and gives the root mean square of their errors", async () => {
    const judge = ({ values }: { values?: Record<string, number> }): Promise<number> =>
      Promise.resolve(values!["trace"]!);
    const both = [participant("a", () => 0.03), participant("b", (seed) => (seed === 1 ? 0.04 : 0))];
    const { entries } = await measureCell(
      workload("trace"),
      { ...written, folder: "" },
      both,
      judge,
      { repeats: 4, seconds: 100 },
      "",
      say,
    );
    expect(order).toEqual(["a 1", "b 1", "b 2", "a 2", "a 3", "b 3", "b 4", "a 4"]);
    expect(entries.map(({ error }) => error)).toEqual([expect.closeTo(0.03, 12), expect.closeTo(0.02, 12)]);
    expect(entries[0]).toMatchObject({ products: 8, seconds: [1, 1, 1, 1] });
  });
});

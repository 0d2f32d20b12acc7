import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { Window } from "happy-dom";
import { beforeAll, describe, expect, it } from "vitest";
import { claimNamed, claims, needsBackend, runClaim, type Finished, type Scope } from "../../src/index.js";

const document = new Window().document as unknown as Document;
const scope: Scope = { preset: "test", images: { kind: "synthetic" }, seed: 1 };

beforeAll(async () => {
  await prepareBackend("wasm");
});

describe("claims", () => {
  it("have names of their own, by which they are found", () => {
    expect(new Set(claims.map(({ name }) => name)).size).toBe(claims.length);
    for (const claim of claims) {
      expect(claim.name).toMatch(/^[a-z-]+$/);
      expect(claimNamed(claim.name)).toBe(claim);
      expect(claim.source).toMatch(/arXiv:\d{4}\.\d{5}|\d{4}/);
    }
    expect(claimNamed("phlogiston")).toBeUndefined();
  });

  it.each(["fast", "full"] as const)("ask for plain JSON in the preset %s, each job of a claim once", (preset) => {
    for (const claim of claims) {
      const jobs = claim.jobs({ ...scope, preset });
      expect(jobs.length).toBeGreaterThan(0);
      expect(JSON.parse(JSON.stringify(jobs))).toEqual(jobs);
      expect(new Set(jobs.map((job) => JSON.stringify([job.role, job.task]))).size).toBe(jobs.length);
    }
  });

  it("take real images where the scope says so", () => {
    const images = { kind: "cifar10", directory: "/data", allowPrefix: true } as const;
    for (const claim of claims) {
      const networks = claim.jobs({ ...scope, preset: "fast", images }).filter(({ task }) => needsBackend(task));
      for (const { task } of networks)
        expect("start" in task ? task.start : task).toMatchObject({ data: { kind: "cifar10", directory: "/data" } });
    }
  });
});

describe.each(claims.map((claim) => [claim.name, claim] as const))("the claim %s", (_, claim) => {
  it("runs in its smallest form, is judged, drawn and tabulated, and leaves no tensors", async () => {
    const tensors = tf.memory().numTensors;
    const finished: Finished[] = [];
    for await (const one of runClaim(claim, scope)) finished.push(one);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(finished.every(({ records }) => records.length > 0)).toBe(true);

    const acceptance = claim.judge(finished);
    expect(acceptance.length).toBeGreaterThan(1);
    // Every claim has a control, and all evidence has.
    expect(acceptance.flatMap(({ controls }) => controls).length).toBeGreaterThan(0);
    for (const { statement, because, band, holds, range, kind, controls, missing } of acceptance) {
      if (kind === "evidence") expect(controls.length, statement).toBeGreaterThan(0);
      expect(missing, statement).toBe(0);
      expect(statement.length).toBeGreaterThan(20);
      expect(because.length).toBeGreaterThan(5);
      expect(band[0]).toBeLessThanOrEqual(band[1]);
      if (holds) expect(range![0] >= band[0] && range![1] <= band[1]).toBe(true);
    }
    // What a theorem says holds at any size.
    for (const { kind, range, band, statement } of acceptance)
      if (kind === "theorem" && range !== undefined)
        expect(range[0] >= band[0] && range[1] <= band[1], statement).toBe(true);

    const figures = claim.figures(finished, { document, width: 640 });
    expect(figures.length).toBeGreaterThan(0);
    expect(new Set(figures.map(({ name }) => name)).size).toBe(figures.length);
    for (const { name, svg, caption } of figures) {
      expect(name).toMatch(/^[a-z-]+$/);
      expect(caption.length).toBeGreaterThan(40);
      expect(svg.getAttribute("aria-label")!.length).toBeGreaterThan(40);
      expect(svg.outerHTML).not.toMatch(/NaN|Infinity|undefined/);
    }

    const table = claim.table(finished);
    expect(table.rows.length).toBeGreaterThan(0);
    for (const row of table.rows) expect(row).toHaveLength(table.headings.length);
    expect(table.rows.flat().join(" ")).not.toMatch(/NaN|undefined/);
  });
});

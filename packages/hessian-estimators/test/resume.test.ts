import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as estimators from "@sgdscope/hessian-estimators";
import * as density from "@sgdscope/hessian-estimators/density";
import * as functions from "@sgdscope/hessian-estimators/functions";
import * as operators from "@sgdscope/hessian-estimators/operators";
import * as sharpness from "@sgdscope/hessian-estimators/sharpness";
import {
  decodeState,
  encodeState,
  type EstimatorState,
  type LinearOperator,
  type ResumableOptions,
} from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { withSpectrum } from "./support.js";

const spectrum = Array.from({ length: 40 }, (_, i) => 10 * 0.8 ** i * (i % 4 === 3 ? -1 : 1));
const operator = withSpectrum(spectrum);
type Run = (operator: LinearOperator, options: ResumableOptions) => Promise<unknown>;

const seed = 5;
const all: Record<string, Run> = {
  hutchinsonTrace: (a, o) => estimators.hutchinsonTrace(a, { seed, maxMatvecs: 12, ...o }),
  "hutchinsonNorm to an accuracy": (a, o) => estimators.hutchinsonNorm(a, { seed, relativeError: 0.3, ...o }),
  "hutchinsonTrace that turns exact": (a, o) => estimators.hutchinsonTrace(a, { seed, relativeError: 1e-4, ...o }),
  hutchPlusPlusTrace: (a, o) => estimators.hutchPlusPlusTrace(a, { seed, maxMatvecs: 17, ...o }),
  "deflatedNorm to an accuracy": (a, o) => estimators.deflatedNorm(a, { seed, relativeError: 0.02, ...o }),
  "deflatedNorm that grows": (a, o) => estimators.deflatedNorm(a, { seed, relativeError: 1e-9, maxMatvecs: 39, ...o }),
  traceAndNorm: (a, o) => estimators.traceAndNorm(a, { seed, maxMatvecs: 21, ...o }),
  xTrace: (a, o) => estimators.xTrace(a, { seed, maxMatvecs: 16, ...o }),
  "xTrace to an accuracy": (a, o) => estimators.xTrace(a, { seed, relativeError: 0.05, ...o }),
  topEigenpairs: (a, o) => estimators.topEigenpairs(a, { seed, count: 3, ...o }),
  "topEigenpairs with restarts": (a, o) => estimators.topEigenpairs(a, { seed, count: 3, maxBasis: 8, ...o }),
  "topEigenpairs in blocks": (a, o) => estimators.topEigenpairs(a, { seed, count: 3, block: 3, ...o }),
  lanczosQuadrature: (a, o) => density.lanczosQuadrature(a, { seed, probes: 3, steps: 5, ...o }),
  estimateTraceOfFunction: (a, o) =>
    functions.estimateTraceOfFunction(a, Math.abs, { seed, steps: 3, relativeError: 0.2, name: "abs", ...o }),
  hutchinsonDiagonal: (a, o) => estimators.hutchinsonDiagonal(a, { seed, maxMatvecs: 12, ...o }),
  "hutchinsonDiagonal, exact": (a, o) => estimators.hutchinsonDiagonal(a, { seed, maxMatvecs: 40, ...o }),
  xDiagonal: (a, o) => estimators.xDiagonal(a, { seed, maxMatvecs: 12, ...o }),
  curvature: (a, o) => estimators.curvature(a, { seed, maxMatvecs: 16, probes: 4, ...o }),
  "curvature, exact": (a, o) => estimators.curvature(a, { seed, maxMatvecs: 40, ...o }),
  gaussNewtonSplit: (a, o) => estimators.gaussNewtonSplit(a, operators.scaled(a, 0.5), { seed, maxMatvecs: 30, ...o }),
  worstCaseQuadratic: (a, o) =>
    sharpness.worstCaseQuadratic(a, { seed, radius: 0.1, gradient: new Float64Array(40).fill(1), ...o }),
};

describe.each(Object.entries(all))("%s", (_, run) => {
  test("stopped after any product and taken up again gives the same to the last bit, for the products that are left", async () => {
    const states: string[] = [];
    operator.products = 0;
    const undisturbed = await run(operator, { onCheckpoint: (state) => states.push(encodeState(state)) });
    const { products } = operator;
    expect(await run(operator, {})).toEqual(undisturbed);
    expect(states.length).toBeGreaterThan(5);
    for (const [i, text] of states.entries()) {
      const state = decodeState(text);
      operator.products = 0;
      const resumed = await run(operator, { resume: state });
      expect(bits(resumed)).toBe(bits(undisturbed));
      expect(operator.products * states.length).toBe(products * (states.length - 1 - i));
    }
  });

  test("in blocks gives the same, and goes on from the middle of one", async () => {
    const blockwise: LinearOperator = {
      ...operator,
      applyBlock: (vectors) => Promise.all(vectors.map((v) => operator.apply(v))),
    };
    const states: EstimatorState[] = [];
    const single = await run(operator, {});
    const blocks = await run(blockwise, { blockSize: 4, onCheckpoint: (state) => states.push(state) });
    expect(bits(blocks)).toBe(bits(single));
    for (const state of states.filter((_state, i) => i % 3 === 1))
      expect(bits(await run(blockwise, { blockSize: 3, resume: state }))).toBe(bits(single));
  });

  test("refuses a state of other settings", async () => {
    const states: EstimatorState[] = [];
    await run(operator, { onCheckpoint: (state) => states.push(state) });
    const other = { ...states[0]!, settings: "{}" };
    await expect(run(operator, { resume: other })).rejects.toMatchObject({ code: "STATE_MISMATCH" });
  });
});

/** Everything in a result, numbers to the last bit. */
const bits = (result: unknown): string =>
  encodeState({ estimator: "", version: 1, size: 0, settings: "", matvecs: 0, body: result as EstimatorState["body"] });

test("states need a seed", async () => {
  const random = (): number => 0.3;
  await expect(estimators.hutchinsonTrace(operator, { random, onCheckpoint: () => undefined })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("expected seed") as string,
  });
  await expect(estimators.hutchinsonTrace(operator, { random, seed: 1 })).rejects.toThrow("expected random or seed");
  await expect(estimators.hutchinsonTrace(operator, { seed: 0.5 })).rejects.toThrow("expected seed to be an integer");
});

test("a state survives its text: arrays, and numbers that JSON lacks", () => {
  const body = { x: Float64Array.of(0.1, -0, NaN, Infinity), y: [-0, 1e-300, Infinity, "a", null, true] };
  const state: EstimatorState = { estimator: "f", version: 1, size: 2, settings: "{}", matvecs: 3, body };
  expect(decodeState(encodeState(state))).toEqual(state);
  expect(() => decodeState("{}")).toThrow("decodeState: the text, of 2 characters, was not made by encodeState");
  expect(() => decodeState("nonsense")).toThrow("decodeState");
});

test("a process killed while it estimates goes on from its last state on disk, and ends at the same bits", async () => {
  const folder = mkdtempSync(join(tmpdir(), "resume-"));
  const file = join(folder, "state.json");
  const script = join(import.meta.dirname, "killed.ts");
  const child = spawn(process.execPath, ["--conditions=sgdscope-source", "--import", "tsx", script, file], {
    cwd: join(import.meta.dirname, "../../.."),
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    while (!existsSync(file) || decodeState(readFileSync(file, "utf8")).matvecs < 7) {
      expect(child.exitCode).toBeNull();
      await new Promise((done) => setTimeout(done, 20));
    }
    const gone = new Promise<NodeJS.Signals | null>((done) => child.once("exit", (_code, signal) => done(signal)));
    child.kill("SIGKILL");
    expect(await gone).toBe("SIGKILL");
    const state = decodeState(readFileSync(file, "utf8"));
    expect(state.matvecs).toBeLessThan(60);
    const { estimate } = await import("./killed.js");
    expect(bits(await estimate({ resume: state }))).toBe(bits(await estimate({})));
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});

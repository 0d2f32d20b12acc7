import { seededRandom } from "@sgdscope/random";
import * as estimators from "@sgdscope/hessian-estimators";
import * as density from "@sgdscope/hessian-estimators/density";
import { HessianEstimatorsError, type LinearOperator, type LongOptions } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { diagonal, withSpectrum } from "./support.js";

const operator = withSpectrum(Array.from({ length: 30 }, (_, i) => 30 / (i + 1)));
const random = seededRandom(1);
type Run = (
  operator: LinearOperator,
  options?: Pick<LongOptions<unknown>, "signal" | "onProgress">,
) => Promise<unknown>;

const all: Record<string, Run> = {
  hutchinsonTrace: (a, o) => estimators.hutchinsonTrace(a, { random, maxMatvecs: 12, ...o }),
  hutchPlusPlusTrace: (a, o) => estimators.hutchPlusPlusTrace(a, { random, maxMatvecs: 12, ...o }),
  hutchinsonNorm: (a, o) => estimators.hutchinsonNorm(a, { random, maxMatvecs: 12, ...o }),
  deflatedNorm: (a, o) => estimators.deflatedNorm(a, { random, maxMatvecs: 12, ...o }),
  traceAndNorm: (a, o) => estimators.traceAndNorm(a, { random, maxMatvecs: 12, ...o }),
  topEigenpairs: (a, o) => estimators.topEigenpairs(a, { random, count: Math.min(3, a.size), ...o }),
  denseMatrix: (a, o) => estimators.denseMatrix(a, o),
  exactTrace: (a, o) => estimators.exactTrace(a, o),
  exactNorm: (a, o) => estimators.exactNorm(a, o),
  exactTraceAndNorm: (a, o) => estimators.exactTraceAndNorm(a, o),
  lanczosQuadrature: (a, o) => density.lanczosQuadrature(a, { random, probes: 2, steps: Math.min(a.size, 6), ...o }),
  hutchinsonDiagonal: (a, o) => estimators.hutchinsonDiagonal(a, { random, maxMatvecs: 12, ...o }),
};

describe.each(Object.entries(all))("%s", (name, run) => {
  test("names the product that is not finite", async () => {
    let product = 0;
    const broken: LinearOperator = {
      size: 30,
      apply: async (v) => {
        const out = await operator.apply(v);
        if (++product === 3) out[17] = NaN;
        return out;
      },
    };
    await expect(run(broken)).rejects.toMatchObject({
      code: "NON_FINITE_PRODUCT",
      product: 3,
      message: `${name}: expected finite numbers from product 3 of the operator, got NaN at index 17`,
    });
  });

  test("refuses a product of wrong length", async () => {
    const short: LinearOperator = { size: 30, apply: () => Promise.resolve(new Float64Array(29)) };
    await expect(run(short)).rejects.toMatchObject({ code: "WRONG_LENGTH" });
  });

  test.each([0, 2.5, NaN])("refuses an operator of size %d", async (size) => {
    const odd: LinearOperator = { size, apply: (v) => Promise.resolve(v) };
    await expect(run(odd)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("ends with the signal's reason, before the next product", async () => {
    const controller = new AbortController();
    let product = 0;
    const counted: LinearOperator = {
      size: 30,
      apply: (v) => {
        if (++product === 4) controller.abort(new Error("enough"));
        return operator.apply(v);
      },
    };
    await expect(run(counted, { signal: controller.signal })).rejects.toThrow("enough");
    expect(product).toBe(4);
  });

  test("reports progress after every product", async () => {
    const seen: number[] = [];
    operator.products = 0;
    await run(operator, { onProgress: ({ matvecs }) => seen.push(matvecs) });
    expect(seen).toEqual(Array.from({ length: operator.products }, (_, i) => i + 1));
  });

  test("may be given an operator that overwrites its argument and returns the same buffer every time", async () => {
    const buffer = new Float64Array(30);
    const frugal: LinearOperator = {
      size: 30,
      apply: async (v) => {
        buffer.set(await operator.apply(v));
        v.fill(NaN);
        return buffer;
      },
    };
    await expect(run(frugal)).resolves.toBeDefined();
  });
});

describe("arguments", () => {
  const bad: [string, () => Promise<unknown>, string][] = [
    ["no budget for two samples", () => estimators.hutchinsonTrace(operator, { random, maxMatvecs: 1 }), "maxMatvecs"],
    ["no budget for a split", () => estimators.deflatedNorm(operator, { random, maxMatvecs: 5 }), "maxMatvecs"],
    ["a broken budget", () => estimators.hutchinsonNorm(operator, { random, maxMatvecs: 9.5 }), "maxMatvecs"],
    ["no accuracy", () => estimators.hutchinsonNorm(operator, { random, relativeError: 0 }), "relativeError"],
    ["NaN accuracy", () => estimators.hutchinsonNorm(operator, { random, relativeError: NaN }), "relativeError"],
    ["no rank", () => estimators.deflatedNorm(operator, { random, maxMatvecs: 9, maxRank: 0 }), "maxRank"],
    ["unknown probes", () => estimators.hutchinsonTrace(operator, { random, probes: "x" as "gaussian" }), "probes"],
    ["an unknown method", () => estimators.traceAndNorm(operator, { random, method: "x" as "deflated" }), "method"],
    ["no generator", () => estimators.hutchinsonTrace(operator, {}), "random"],
    ["more pairs than size", () => estimators.topEigenpairs(operator, { random, count: 31 }), "count"],
    ["an unknown end", () => estimators.topEigenpairs(operator, { random, which: "top" as "largest" }), "which"],
    ["no tolerance", () => estimators.topEigenpairs(operator, { random, tolerance: -1 }), "tolerance"],
    ["too small a basis", () => estimators.topEigenpairs(operator, { random, count: 5, maxBasis: 6 }), "maxBasis"],
    ["too few products", () => estimators.topEigenpairs(operator, { random, count: 5, maxMatvecs: 4 }), "maxMatvecs"],
    ["a short start", () => estimators.topEigenpairs(operator, { random, start: new Float64Array(3) }), "start"],
    ["a zero start", () => estimators.topEigenpairs(operator, { random, start: new Float64Array(30) }), "start"],
    ["one probe", () => density.lanczosQuadrature(operator, { random, probes: 1 }), "probes"],
    ["too many steps", () => density.lanczosQuadrature(operator, { random, steps: 31 }), "steps"],
  ];

  test.each(bad)("refuses %s", async (_, run, name) => {
    const error = await run().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(HessianEstimatorsError);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", name: "HessianEstimatorsError" });
    expect((error as Error).message).toContain(`expected ${name}`);
    expect((error as Error).message).toContain(", got ");
  });

  test("the dense matrix is the operator's", async () => {
    const { data } = await estimators.denseMatrix(operator);
    data.forEach((x, i) => expect(x).toBeCloseTo(operator.matrix[i]!, 12));
    expect((await estimators.exactTrace(diagonal([1, 2, 3]))).value).toBe(6);
    expect((await estimators.exactNorm(diagonal([3, 4]))).value).toBe(5);
  });
});

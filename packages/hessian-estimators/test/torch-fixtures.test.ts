import { readFileSync } from "node:fs";
import { join } from "node:path";
import { axpy, dot } from "@sgdscope/linear-algebra";
import { seededRandom } from "@sgdscope/random";
import { topEigenpairs, traceAndNorm, type LinearOperator } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { dense } from "./support.js";

const folder = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"];
if (!folder)
  console.warn("hessian-estimators: skips the comparison with PyTorch, because SGDSCOPE_TORCH_FIXTURES_DIR is not set");

interface Statistics {
  trace: number;
  trace_se: number;
  fro: number;
  fro_se: number;
}

const json = (name: string): unknown => JSON.parse(readFileSync(join(folder!, name), "utf8"));

function bytes(name: string, array: string): ArrayBuffer {
  const { file } = (json(`${name}.bin/manifest.json`) as Record<string, { file: string }>)[array]!;
  const buffer = readFileSync(join(folder!, `${name}.bin`, file));
  return new Uint8Array(buffer).buffer;
}
/** x less its parts along vectors that are orthogonal to each other. */
function orthogonal(x: Float64Array, directions: readonly Float64Array[]): Float64Array {
  const rest = x.slice();
  for (const q of directions) {
    const square = dot(q, q);
    if (square > 0) axpy(-dot(q, rest) / square, q, rest);
  }
  return rest;
}

const float64 = (name: string, array: string): Float64Array => new Float64Array(bytes(name, array));

describe.skipIf(!folder).each(["tiny_init", "tiny_interp", "small_mid"])("PyTorch fixture %s", (name) => {
  test("the same probes and products give the same trace, norm and standard errors", async () => {
    const probes = new Int8Array(bytes(name, "probes"));
    const [quadratic, squares] = [float64(name, "vHv64"), float64(name, "Hv2_64")];
    const size = probes.length / quadratic.length;
    let draw = 0;
    let product = 0;
    const [vectors, images] = [new Float64Array(size), new Float64Array(size)];
    // A product with the stored vᵀHv and ‖Hv‖²: along v as the first says, across it as symmetry with the products before wants, and the
    // rest orthogonal to all of these.
    const replay: LinearOperator = {
      size,
      apply: (v) => {
        expect(v.every((x, i) => x === probes[product * size + i])).toBe(true);
        const along = quadratic[product]! / size;
        const out = v.map((x) => along * x);
        const across = orthogonal(vectors, [v]);
        const paired = dot(v, images) - along * dot(v, vectors);
        const share = product === 0 ? 0 : paired / dot(across, across);
        axpy(share, across, out);
        const unit = new Float64Array(size);
        unit[0] = 1;
        const rest = orthogonal(unit, [v, across]);
        const missing = squares[product]! - dot(out, out);
        axpy(Math.sqrt(missing / dot(rest, rest)), rest, out);
        axpy(1, v, vectors);
        axpy(1, out, images);
        product++;
        return Promise.resolve(out);
      },
    };
    const random = (): number => (probes[draw++]! < 0 ? 0.25 : 0.75);
    const { trace, norm } = await traceAndNorm(replay, { random, maxMatvecs: 32, method: "hutchinson" });
    const { hutch64 } = json(`${name}.json`) as { hutch64: Statistics };
    expect(trace.value / hutch64.trace).toBeCloseTo(1, 10);
    expect(trace.standardError / hutch64.trace_se).toBeCloseTo(1, 10);
    expect(norm.value / hutch64.fro).toBeCloseTo(1, 10);
    expect(norm.standardError / hutch64.fro_se).toBeCloseTo(1, 10);
  });

  test("the stored Lanczos matrix has the stored largest eigenvalues and the smallest", async () => {
    const [alpha, beta] = [float64(name, "lanczos_alpha64"), float64(name, "lanczos_beta64")];
    const n = alpha.length;
    const matrix = new Float64Array(n * n);
    alpha.forEach((x, i) => (matrix[i * n + i] = x));
    beta.forEach((x, i) => (matrix[i * n + i + 1] = matrix[(i + 1) * n + i] = x));
    const operator = dense(matrix, n);
    const known = json(`${name}.json`) as { top5_64: number[]; lambda_min_ritz64: number };
    const top = await topEigenpairs(operator, { random: seededRandom(1), count: 5, which: "largest", tolerance: 1e-9 });
    known.top5_64.forEach((value, k) => expect(top.values[k]! / value).toBeCloseTo(1, 9));
    const bottom = await topEigenpairs(operator, { random: seededRandom(1), which: "smallest", tolerance: 1e-9 });
    const scale = Math.abs(known.top5_64[0]!);
    expect(Math.abs(bottom.values[0]! - known.lambda_min_ritz64) / scale).toBeLessThan(1e-9);
  });
});

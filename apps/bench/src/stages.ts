/**
 * What each stage of an analysis costs on random Gram matrices with a power-law spectrum:
 *
 *   npm run bench:stages -w @sgdscope/bench -- [--cases 64x10,1000x1,256x10] [--exponents 0.8,1.6] [--json]
 *
 * A case is examples × outputs. Prints a Markdown table of processor seconds, those of all threads together, of the wall seconds of the
 * whole, and of the products that thresholds and growth rates took, one round per case; `SGDSCOPE_THREADS=1` for one core.
 *
 * With everything in JavaScript, by QL and in double precision alone, one core of an AMD EPYC took for the spectrum k^−0.8 (now):
 * 64 × 10: prepare 0.68 s (0.41), threshold 3.8 s (1.1), growth 4.2 s (1.3), all 9.2 s (3.2);
 * 1000 × 1: prepare 2.3 s (0.44), threshold 13.1 s (2.5), growth 28.9 s (4.6), all 45.8 s (8.4).
 */
import { parseArgs } from "node:util";
import { gramOfRows } from "@sgdscope/linear-algebra";
import type { GramSystem } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import {
  criticalLearningRates,
  exactThreshold,
  noiseStructureAt,
  prepareMinimum,
  spectralRadius,
} from "@sgdscope/stability-criterion";
import { markdownTable } from "./report/markdown.js";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "64x10,1000x1,256x10" },
    exponents: { type: "string", default: "0.8,1.6" },
    json: { type: "boolean", default: false },
  },
});

/** Gaussian Jacobians whose k-th direction has the curvature `k^−exponent`. */
function powerLawSystem(examples: number, outputs: number, exponent: number): GramSystem {
  const size = examples * outputs;
  const random = seededRandom(1);
  const jacobian = gaussian(size * size, random).map((value, k) => value * (1 + (k % size)) ** (-exponent / 2));
  const residuals = gaussian(size, random);
  return { examples, outputs, gram: gramOfRows(jacobian, size, size), residuals };
}

const batches = { batchSize: 8 } as const;
const rows: Record<string, string | number>[] = [];
for (const each of values.cases.split(","))
  for (const exponent of values.exponents.split(",").map(Number)) {
    const [examples = 1, outputs = 1] = each.split("x").map(Number);
    const system = powerLawSystem(examples, outputs, exponent);
    const timed = <T>(work: () => T): [number, T] => {
      const before = process.cpuUsage();
      const result = work();
      const { user, system: kernel } = process.cpuUsage(before);
      return [(user + kernel) / 1e6, result];
    };
    const start = performance.now();
    const [preparing, prepared] = timed(() => prepareMinimum(system));
    const [structure] = timed(() => noiseStructureAt(prepared));
    const [range] = timed(() => prepared.alignmentRange());
    const [solving, threshold] = timed(() => exactThreshold(prepared, batches));
    const [bounding] = timed(() => criticalLearningRates(prepared, { ...batches, threshold }));
    const [growing, growth] = timed(() => spectralRadius(prepared, 0.9 * threshold.criticalLearningRate, batches));
    rows.push({
      case: each,
      exponent,
      rank: prepared.rank,
      "prepare, s": preparing,
      "noise structure, s": structure,
      "range of μ, s": range,
      "threshold, s": solving,
      products: threshold.products,
      "Newton steps": threshold.newtonSteps,
      "bounds, s": bounding,
      "growth, s": growing,
      "growth products": growth.products,
      "all, s": preparing + structure + range + solving + bounding + growing,
      "wall, s": (performance.now() - start) / 1000,
    });
    if (values.json)
      console.log(JSON.stringify({ ...rows.at(-1), criticalLearningRate: threshold.criticalLearningRate }));
    else console.error(`${each}, exponent ${exponent}: done`);
  }
if (!values.json) {
  const names = Object.keys(rows[0] ?? {});
  const show = (value: string | number, name: string): string =>
    typeof value === "number" && name.endsWith(", s") ? value.toFixed(2) : String(value);
  console.log(
    markdownTable(
      names,
      rows.map((row) => names.map((name) => show(row[name]!, name))),
    ).join("\n"),
  );
}

import type { Claim, Finished, Scope } from "../claim.js";
import type { CriticalCurve } from "@sgdscope/analysis";
import { diagramFigure } from "@sgdscope/figures";
import { judge, valuesOf, type Acceptance, type Measured } from "../judge.js";
import type { CurveRecord, DiagramRecord, DiagramTask } from "../study/diagram.js";
import { cell } from "./minima.js";
import { ofPreset } from "./settings.js";
import { sharpStarts } from "./sharp-starts.js";

/** log ρ(Q(η, B)) at a minimum over learning rate and batch size, with every bound. */
export const diagram: Claim<"diagram"> = {
  name: "diagram",
  title: "The transition is sharp at the exact curve only",
  statement:
    "At a fixed minimum the growth rate log ρ(Q(η, B)) changes sign at the exact threshold η*(B); necessary bounds lie above that curve, sufficient ones below, and none lies on it for every batch size.",
  source:
    "Exact threshold: Mulayoff & Michaeli, COLT 2024 (arXiv:2306.07850), Theorem 3; ρ(Q): Ma & Ying, NeurIPS 2021; each bound names its own source in the table.",
  method:
    "Gradient descent finds a sharp minimum of a two-layer ReLU network, and of networks on images. Each cell is the exact spectral radius of the second-moment operator, found without the threshold; the curves are computed from the threshold's own eigenproblem and from the formulas of the bounds.",
  study: "diagram",
  jobs: (scope: Scope) => sharpStarts(scope).map(({ role, start }) => ({ role, task: taskOf(start, scope) })),
  judge: (finished) => finished.flatMap(judgeOne),
  figures: (finished, canvas) =>
    finished.map(({ role, records, task }) => ({
      name: role.toLowerCase().replace(/[^a-z]+/g, "-"),
      title: `Where SGD stays: ${role}`,
      caption:
        "Each cell is the exact growth rate log ρ(Q(η, B)) of the model linearised at the minimum: blue decays, vermilion grows, the faster the stronger the colour. The thick curve is the exact critical learning rate, the thin bars are the bounds at each batch size; the measured alignment may lie on either side.",
      svg: diagramFigure(
        {
          growth: cellsOf(records),
          batchSizes: task.batchSizes,
          curves: curvesOf(records).map(
            ({ part: _, batchSizes: __, criticalLearningRates, ...curve }): CriticalCurve => ({
              ...curve,
              criticalLearningRates: criticalLearningRates.map((rate) => rate ?? undefined),
            }),
          ),
        },
        canvas,
      ),
    })),
  table: (finished) => {
    const sizes = [...new Set(finished.flatMap(({ task }) => task.batchSizes))].sort((a, b) => a - b);
    return {
      title: "Critical learning rates",
      headings: ["minimum", "criterion", "says", "evidence", ...sizes.map((size) => `B = ${size}`)],
      left: [0, 1, 2, 3],
      rows: finished.flatMap(({ role, records }) =>
        curvesOf(records).map((curve) => [
          role,
          curve.label,
          curve.kind,
          curve.evidence,
          ...sizes.map((size) => {
            const k = curve.batchSizes.indexOf(size);
            return k < 0 ? "" : cell(curve.criticalLearningRates[k] ?? undefined, 4);
          }),
        ]),
      ),
    };
  },
};

function taskOf(start: DiagramTask["start"], { preset }: Scope): DiagramTask {
  const n = start.data.count;
  const sizes = ofPreset(preset, { test: [1, 4], fast: [1, 2, 4, 8, 16, 32, 64], full: [1, 2, 4, 8, 16, 32, 64, 128] });
  return {
    start,
    learningRates: ofPreset(preset, { test: 6, fast: 20, full: 40 }),
    batchSizes: [...sizes.filter((size) => size < n), n],
  };
}

type Records = readonly DiagramRecord[];
const cellsOf = (records: Records) => records.filter((one) => one.part === "cell");
const curvesOf = (records: Records): CurveRecord[] => records.filter((one) => one.part === "curve");

/**
 * Cells whose sign a curve gets wrong; a cell within rounding of the curve is on no side. Undefined where the curve, or a
 * cell, was not measured.
 */
function errorsOf(records: Records, curve: CurveRecord): number | undefined {
  const cells = cellsOf(records);
  if (cells.length === 0 || cells.some(({ growthRate }) => !isNumber(growthRate))) return undefined;
  return cells.filter(({ batchSize, learningRate, growthRate }) => {
    const k = curve.batchSizes.indexOf(batchSize);
    if (k < 0) return false;
    const critical = curve.criticalLearningRates[k] ?? Infinity;
    return Math.abs(learningRate / critical - 1) > 1e-6 && growthRate > 0 !== learningRate > critical;
  }).length;
}

/** What a record of JSON may hold in the place of a number is none. */
const isNumber = (value: unknown): value is number => typeof value === "number" && !Number.isNaN(value);

function judgeOne({ role, records }: Finished<"diagram">): Acceptance[] {
  const curves = curvesOf(records);
  const exact = curves.find(({ kind }) => kind === "exact");
  const others = curves.filter((curve) => curve !== exact);
  /** Ratios of a bound to the exact threshold over the batch sizes; a bound that says nothing is ∞. */
  const ratios = (curve: CurveRecord): Measured[] =>
    curve.criticalLearningRates.map((rate, k) => {
      const threshold = exact?.criticalLearningRates[k];
      return isNumber(threshold) && threshold > 0 ? (rate ?? Infinity) / threshold : undefined;
    });
  const ofKind = (kind: CurveRecord["kind"]): CurveRecord[] => curves.filter((curve) => curve.kind === kind);
  return [
    judge({
      kind: "theorem",
      statement: `${role}: cells on the wrong side of the exact curve`,
      samples: valuesOf([exact && errorsOf(records, exact)]),
      band: [0, 0],
      because: "a theorem; ρ(Q) of a cell is found without the threshold",
      controls: [{ what: "the curves of the bounds", values: others.map((curve) => errorsOf(records, curve)) }],
    }),
    judge({
      kind: "theorem",
      statement: `${role}: necessary bounds over η* at every batch size, least`,
      samples: valuesOf(ofKind("necessary").flatMap(ratios)),
      band: [1 - 1e-6, Infinity],
      because: "theorems",
      controls: [{ what: "sufficient bounds", values: ofKind("sufficient").flatMap(ratios) }],
    }),
    judge({
      kind: "theorem",
      statement: `${role}: sufficient bounds over η* at every batch size, largest`,
      samples: valuesOf(ofKind("sufficient").flatMap(ratios)),
      band: [0, 1 + 1e-6],
      because: "theorems",
      controls: [{ what: "necessary bounds", values: ofKind("necessary").flatMap(ratios) }],
    }),
    judge({
      kind: "evidence",
      statement: `${role}: how far each bound strays from η* at its worst batch size, ratio`,
      samples: valuesOf(others.map((curve) => worstOf(ratios(curve)))),
      band: [1.01, Infinity],
      because: "the claim: none is the exact curve; a hundredth is ours",
      controls: [{ what: "the exact threshold", values: exact === undefined ? [] : [worstOf(ratios(exact))] }],
    }),
  ];
}

/** The largest factor between 1 and a ratio; undefined where one was not measured. */
const worstOf = (ratios: readonly Measured[]): number | undefined =>
  ratios.every(isNumber) ? Math.max(...ratios.map((ratio) => Math.exp(Math.abs(Math.log(ratio))))) : undefined;

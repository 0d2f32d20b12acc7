import type { ConditionAnalysis, MinimumAnalysis, OutputLossAnalysis } from "@sgdscope/analysis";
import type { Bound } from "@sgdscope/stability-criterion";
import { isPlainSgd } from "@sgdscope/stability-criterion/optimizers";
import { formatMeasured, formatNumber } from "../terminal/number.js";
import { formatTable, type Column } from "../terminal/table.js";
import { plural } from "../terminal/words.js";
import type { Scales } from "./dynamics.js";
import { kindText } from "../report/kind.js";
import { optimizerName } from "../terminal/optimizer-name.js";
import { answerText } from "./answer.js";

export { answerText };

/** Significant digits that the precision of the numbers supports. */
const digits = { float64: 12, float32: 7, float16: 4, bfloat16: 3 } as const;
const precisionNames = { float64: "Float64", float32: "Float32", float16: "Float16", bfloat16: "BFloat16" } as const;

/** Significant digits unless others are asked for. */
const defaultDigits = 6;

/**
 * The analysis for a person: the answer, the quantities, then one column of critical learning rates per batch size.
 *
 * @param options.digits - Significant digits; never more than the precision of the numbers supports.
 * @param options.scales - Printed below the quantities where they are given.
 */
export function analysisText(
  analysis: MinimumAnalysis,
  { digits: wanted = defaultDigits, scales }: { digits?: number | undefined; scales?: Scales } = {},
): string {
  const { minimum, noise, outputLoss, alignmentRange: range, conditions } = analysis;
  const { examples, outputs, rank, precision } = minimum;
  const exact = (value: number | undefined): string => formatNumber(value, Math.min(wanted, digits[precision]));
  // In μ and β, m has the place of 2L.
  const twice = outputLoss === undefined ? "2L" : "m";
  const lines: [string, string][] = [
    ...(outputLoss === undefined
      ? ([["loss L = (1/2n) Σ‖r‖²", exact(noise.loss)]] as [string, string][])
      : lossLines(outputLoss, exact)),
    ["‖∇L‖²", exact(noise.gradientNorm ** 2)],
    ["∇Lᵀ G ∇L", exact(noise.gradientCurvature)],
    ["Tr G", exact(noise.traceG)],
    ["‖G‖_F", exact(noise.frobeniusG)],
    ["λ_max(G)", exact(noise.largestEigenvalue)],
    ["Tr Σ₁ (uncentred noise)", exact(noise.traceUncentredNoise)],
    ["Tr Σ (centred noise)", exact(noise.traceNoise)],
    ["Tr(Σ₁G)", exact(noise.traceUncentredNoiseG)],
    ["Tr(ΣG)", exact(noise.traceNoiseG)],
    ["‖Σ₁‖_F", exact(noise.frobeniusUncentredNoise)],
    ["‖Σ‖_F", exact(noise.frobeniusNoise)],
    [`μ  = Tr(ΣG)/(${twice}‖G‖²_F)`, exact(noise.alignmentFactor)],
    ...(outputLoss === undefined
      ? []
      : ([["μ with 2L for m", exact(outputLoss.alignmentFactorOfLoss)]] as [string, string][])),
    ["μ₁ (uncentred)", exact(noise.uncentredAlignmentFactor)],
    ["α  = Tr(ΣG)/(‖Σ‖_F‖G‖_F)", exact(noise.directionAlignment)],
    [`β  = ‖Σ‖_F/(${twice}‖G‖_F)`, exact(noise.noiseMagnitude)],
    ["α₁, β₁ (uncentred)", `${exact(noise.uncentredDirectionAlignment)}, ${exact(noise.uncentredNoiseMagnitude)}`],
    [`‖Σ₁ − ${twice}G‖_F/‖${twice}G‖_F`, exact(noise.decouplingError)],
    ["range of μ, realizable residuals", `${exact(range?.infimum)} … ${exact(range?.supremum)}`],
    ["range of μ₁", `${exact(range?.uncentredInfimum)} … ${exact(range?.uncentredSupremum)}`],
  ];
  if (outputs > 1 && outputLoss === undefined) lines.splice(14, 0, ["C·μ", exact(noise.outputsTimesAlignmentFactor)]);
  if (minimum.hessianDistance !== undefined) lines.push(["‖H − G‖_F/‖H‖_F", formatMeasured(minimum.hessianDistance)]);
  if (scales !== undefined)
    lines.push(
      ["B_simple = Tr Σ/‖∇L‖²", exact(scales.simpleNoiseScale)],
      ["B_noise = Tr(ΣG)/(∇LᵀG∇L)", exact(scales.curvatureWeightedNoiseScale)],
      ["batch sharpness, single examples", exact(scales.batchSharpness)],
    );
  const width = Math.max(...lines.map(([name]) => [...name].length));
  const quantities = lines
    .map(([name, value]) => `  ${name}${" ".repeat(width - [...name].length)}  ${value}`)
    .join("\n");
  return (
    `${answerText(analysis)}\n` +
    `${examples} examples × ${plural(outputLoss?.modelOutputs ?? outputs, "output")}, rank ${rank}${outputLoss === undefined ? "" : `; ${outputLoss.label}`}; computed in Float64${
      precision === "float64" ? "" : ` from ${precisionNames[precision]} numbers`
    }\n\n` +
    `Noise and curvature (exact)${minimum.preconditioned === true ? ", in the coordinates P^(1/2)θ, in which the optimizer is not preconditioned" : ""}\n${quantities}\n` +
    (noise.undefinedBecause === undefined ? "" : `  no alignment: ${noise.undefinedBecause}\n`) +
    `\nCritical learning rates, ${conditions[0]!.sampling}${isPlainSgd(conditions[0]!.optimizer) ? "" : `; from the second exact row on, those ${minimum.preconditioned === true ? "without momentum" : "of plain SGD"}`}\n${thresholdTable(conditions, exact)}` +
    verdictText(conditions, noise.frobeniusG, exact) +
    marksText(conditions)
  );
}

/** A loss that is not square, on both of its scales. */
const lossLines = (
  { loss, naturalScale, meanCurvature, label }: OutputLossAnalysis,
  exact: (value: number | undefined) => string,
): [string, string][] => [
  [`loss L (${label})`, exact(loss)],
  ["m = (1/n) Σ sᵀS⁺s, its natural scale", exact(naturalScale)],
  ["(1/n) Σ Tr S, its curvature", exact(meanCurvature)],
];

/** One line per batch size, under the learning rate that was judged. */
function verdictText(
  conditions: readonly ConditionAnalysis[],
  frobeniusG: number,
  exact: (value: number | undefined) => string,
): string {
  const { verdict } = conditions[0]!;
  return verdict === undefined
    ? ""
    : `\nη = ${verdict.learningRate}\n${conditions.map((one) => verdictLine(one, frobeniusG, exact)).join("\n")}\n`;
}

/** Where the verdicts stand outside the hypotheses of their theorem. */
const marksText = (conditions: readonly ConditionAnalysis[]): string =>
  conditions[0]!.marks.map(({ text }) => `  ! ${text}\n`).join("");

function thresholdTable(conditions: readonly ConditionAnalysis[], exact: (value: number) => string): string {
  const ids = [...new Set(conditions.flatMap(({ bounds }) => bounds.map(({ id }) => id)))];
  const rows: Row[] = [
    ...ownRows(conditions),
    ...ids.map((id) => conditions.map(({ bounds }) => bounds.find((bound) => bound.id === id))),
  ];
  const first = (row: Row): Cell => row.find((each) => each !== undefined)!;
  const columns: Column<Row>[] = [
    { heading: "criterion", cell: (row) => first(row).label, align: "left" },
    { heading: "says", cell: (row) => kindText(first(row).kind), align: "left" },
    ...conditions.map(({ batchSize }, k) => ({
      heading: `B = ${batchSize}`,
      cell: (row: Row) => (row[k] === undefined ? "–" : exact(row[k].criticalLearningRate)),
    })),
    { heading: "evidence", cell: (row) => first(row).evidence, align: "left" },
  ];
  return indent(formatTable(columns, rows));
}

type Cell = Pick<Bound, "label" | "kind" | "criticalLearningRate" | "evidence">;
type Row = (Cell | undefined)[];

/** What is known of an optimizer other than plain SGD, of which the other rows speak. */
function ownRows(conditions: readonly ConditionAnalysis[]): Row[] {
  const { optimizer, decoupledCriticalLearningRate } = conditions[0]!;
  if (isPlainSgd(optimizer)) return [];
  const name = optimizerName(optimizer);
  const row = (label: string, kind: Cell["kind"], of: (one: ConditionAnalysis) => number | undefined): Row =>
    conditions.map((one) => {
      const criticalLearningRate = of(one);
      return criticalLearningRate === undefined
        ? undefined
        : { label, kind, criticalLearningRate, evidence: "derived here" };
    });
  return [
    row(`exact: ${name}`, "exact", ({ threshold }) => threshold.criticalLearningRate),
    row("  its full-batch edge", "necessary", ({ meanEdge }) => meanEdge),
    ...(decoupledCriticalLearningRate === undefined
      ? []
      : [row("  under decoupled noise", "idealised", (one) => one.decoupledCriticalLearningRate)]),
  ];
}

/** What each criterion takes for granted and where it stands. */
export function sourcesText({ conditions }: MinimumAnalysis): string {
  const bounds = new Map(conditions.flatMap((each) => each.bounds.map((bound) => [bound.id, bound] as const)));
  const entry = ({ label, kind, assumptions, source, evidence }: Bound): string =>
    `  ${label} (${kindText(kind)})\n    ${assumptions}\n    ${source}${source.includes(evidence) ? "" : `; ${evidence}`}\n`;
  return `\nAssumptions and sources\n${[...bounds.values()].map(entry).join("")}`;
}

function verdictLine(
  { batchSize, sampling, samplingFactor, optimizer, verdict }: ConditionAnalysis,
  frobeniusG: number,
  exact: (value: number | undefined) => string,
): string {
  const { verdict: word, edgeRatio, growth, frobeniusLimit } = verdict!;
  const norm = `‖G‖_F = ${exact(frobeniusG)}`;
  const plain = isPlainSgd(optimizer);
  const moment = plain ? "the expected squared distance by ρ(Q)" : "second moments by ρ";
  const limit =
    plain && samplingFactor === 0
      ? `; ${norm}, on which the full batch sets no limit but 2/η on λ_max`
      : frobeniusLimit === undefined
        ? ""
        : `; ${norm} against 1/(η√(pμ${sampling === "bernoulli" ? "₁" : ""})) = ${exact(frobeniusLimit)} with the measured μ, a heuristic`;
  return `  B = ${batchSize}: ${word}, η/η* = ${exact(edgeRatio)}; in the long run a step multiplies ${moment} = ${exact(growth.spectralRadius)}${limit}`;
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");

import type { AlignmentRange, NoiseStructure } from "@sgdscope/noise-structure";
import type { Bound, ExactThreshold, StabilityVerdict } from "@sgdscope/stability-criterion";
import { formatNumber } from "../terminal/number.js";
import { formatTable, type Column } from "../terminal/table.js";

/** Everything `analyze` computes; all of it exact up to rounding. */
export interface Analysis {
  system: { examples: number; outputs: number; rank: number; rankTolerance: number; precision: "float32" | "float64" };
  noise: NoiseStructure;
  range: AlignmentRange;
  sampling: string;
  learningRate: number | undefined;
  batches: {
    batchSize: number;
    samplingFactor: number;
    threshold: ExactThreshold;
    bounds: Bound[];
    verdict: StabilityVerdict | undefined;
  }[];
}

const digits = 12;

/** The analysis for a person: quantities to twelve digits, then one column of critical learning rates a batch size. */
export function analysisText(analysis: Analysis): string {
  const { system, noise, range, batches, learningRate } = analysis;
  const { examples, outputs } = system;
  const exact = (value: number | undefined): string => formatNumber(value, system.precision === "float32" ? 7 : digits);
  const lines: [string, string][] = [
    ["loss L = (1/2n) Σ‖r‖²", exact(noise.loss)],
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
    ["μ  = Tr(ΣG)/(2L‖G‖²_F)", exact(noise.alignmentFactor)],
    ["μ₁ (uncentred)", exact(noise.uncentredAlignmentFactor)],
    ["α  = Tr(ΣG)/(‖Σ‖_F‖G‖_F)", exact(noise.directionAlignment)],
    ["β  = ‖Σ‖_F/(2L‖G‖_F)", exact(noise.noiseMagnitude)],
    ["α₁, β₁ (uncentred)", `${exact(noise.uncentredDirectionAlignment)}, ${exact(noise.uncentredNoiseMagnitude)}`],
    ["‖Σ₁ − 2LG‖_F/‖2LG‖_F", exact(noise.decouplingError)],
    ["range of μ, realizable residuals", `${exact(range.infimum)} … ${exact(range.supremum)}`],
    ["range of μ₁", `${exact(range.uncentredInfimum)} … ${exact(range.uncentredSupremum)}`],
  ];
  if (outputs > 1) lines.splice(14, 0, ["C·μ", exact(noise.outputsTimesAlignmentFactor)]);
  const width = Math.max(...lines.map(([name]) => [...name].length));
  const quantities = lines
    .map(([name, value]) => `  ${name}${" ".repeat(width - [...name].length)}  ${value}`)
    .join("\n");
  return (
    `${examples} examples × ${outputs} output${outputs === 1 ? "" : "s"}, rank ${system.rank}; computed in Float64${
      system.precision === "float32" ? " from Float32 numbers" : ""
    }\n\n` +
    `Noise and curvature (exact)\n${quantities}\n` +
    (noise.undefinedBecause === undefined ? "" : `  no alignment: ${noise.undefinedBecause}\n`) +
    `\nCritical learning rates, ${analysis.sampling}\n${thresholdTable(analysis, exact)}` +
    (learningRate === undefined ? "" : `\nη = ${learningRate}\n${batches.map(verdictLine).join("\n")}\n`)
  );
}

function thresholdTable({ batches }: Analysis, exact: (value: number) => string): string {
  const names = [...new Set(batches.flatMap((batch) => batch.bounds.map((bound) => bound.name)))];
  const rows = names.map((name) => ({
    name,
    bounds: batches.map((batch) => batch.bounds.find((bound) => bound.name === name)),
  }));
  interface Row {
    name: string;
    kind: string;
    values: string[];
    evidence: string;
  }
  const table: Row[] = rows.map(({ name, bounds }) => {
    const { kind, evidence } = bounds.find((each) => each !== undefined)!;
    return {
      name,
      kind,
      values: bounds.map((each) => (each === undefined ? "–" : exact(each.criticalLearningRate))),
      evidence,
    };
  });
  const columns: Column<Row>[] = [
    { heading: "criterion", cell: (row) => row.name, align: "left" },
    { heading: "says", cell: (row) => row.kind, align: "left" },
    ...batches.map((batch, k) => ({ heading: `B = ${batch.batchSize}`, cell: (row: Row) => row.values[k]! })),
    { heading: "evidence", cell: (row) => row.evidence, align: "left" },
  ];
  return indent(formatTable(columns, table));
}

/** What each criterion takes for granted and where it stands. */
export function sourcesText({ batches }: Analysis): string {
  const bounds = new Map(batches.flatMap((batch) => batch.bounds.map((bound) => [bound.name, bound] as const)));
  const entry = ({ name, kind, assumptions, source, evidence }: Bound): string =>
    `  ${name} (${kind})\n    ${assumptions}\n    ${source}${source.includes(evidence) ? "" : `; ${evidence}`}\n`;
  return `\nAssumptions and sources\n${[...bounds.values()].map(entry).join("")}`;
}

function verdictLine({ batchSize, verdict }: Analysis["batches"][number]): string {
  const { verdict: word, ratio, growthPerStep, frobeniusG, frobeniusLimit } = verdict!;
  const limit =
    frobeniusLimit === undefined
      ? ""
      : `; ‖G‖_F = ${formatNumber(frobeniusG)} against the limit 1/(η√(pμ)) = ${formatNumber(frobeniusLimit)}`;
  return `  B = ${batchSize}: ${word}, η/η* = ${formatNumber(ratio, 6)}; a step multiplies the expected loss by ρ(Q) = ${formatNumber(growthPerStep, 6)}${limit}`;
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");

/** The analysis as a document of the schema `sgdscope/analyze@1`; numbers in full precision, `null` where undefined or infinite. */
export function analysisJson({ system, noise, range, sampling, learningRate, batches }: Analysis): object {
  const { chi, eigenvalues, ...scalars } = noise;
  return {
    schema: "sgdscope/analyze@1",
    lossConvention: "L = (1/2n) sum |f - y|^2",
    system,
    noise: { ...scalars, eigenvalues: [...eigenvalues], chi: [...chi] },
    alignmentRange: range,
    sampling,
    learningRate: learningRate ?? null,
    batches: batches.map(({ batchSize, samplingFactor, threshold, bounds, verdict }) => ({
      batchSize,
      samplingFactor,
      criticalLearningRate: threshold.criticalLearningRate,
      converged: threshold.converged,
      relativeStep: threshold.relativeStep,
      exampleShares: [...threshold.exampleShares],
      bounds,
      verdict: verdict === undefined ? null : verdictJson(verdict),
    })),
  };
}

function verdictJson(verdict: StabilityVerdict): object {
  const { threshold: _threshold, growth: _growth, bounds, ...scalars } = verdict;
  return { ...scalars, bounds: bounds.map(({ name, ratio, satisfied, limit }) => ({ name, ratio, satisfied, limit })) };
}

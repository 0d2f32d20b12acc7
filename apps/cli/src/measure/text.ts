import type { LayersModelFacts, PiecewiseLinearity } from "@sgdscope/autodiff";
import type { Estimate } from "@sgdscope/linear-algebra";
import type { OutputLoss } from "@sgdscope/noise-structure/losses";
import { analysisDocument, lossConvention, type MinimumAnalysis } from "@sgdscope/analysis";
import { analysisText, answerText } from "../analyze/text.js";
import { formatMeasured, formatNumber, type Measured } from "../terminal/number.js";
import { formatTable } from "../terminal/table.js";
import type { LogDeterminants } from "./log-determinant.js";
import { densityText, logDeterminantText } from "./spectrum-text.js";
import type { Density } from "./spectrum.js";

/** Trace, norm and top eigenvalues of one curvature matrix, each with what is known of its accuracy. */
export interface Curvature {
  trace: Measured & { matvecs: number };
  norm: Measured & { matvecs: number };
  eigenvalues: { value: number; residual: number; converged: boolean }[];
}

/** One layer's diagonal blocks of G and H. */
export interface LayerMeasurement {
  layer: string;
  parameters: number;
  gaussNewton: { trace: Measured; norm: Measured };
  hessian: { trace: Measured; norm: Measured };
}

/** Everything `measure` computes. */
export interface Measurement {
  subject: string;
  data: string;
  examples: number;
  outputs: number;
  parameters: number;
  backend: string;
  /** Undefined for the square loss. */
  loss?: OutputLoss | undefined;
  /** `‖H − G‖_F/‖H‖_F` of a loss that is not square; undefined also where H is 0. */
  hessianDistance?: Estimate | undefined;
  /** Exact from the Gram matrix; undefined where it would be too large. */
  analysis: MinimumAnalysis | undefined;
  gaussNewton: Curvature;
  hessian: Curvature;
  /** Whether H has the diagonal of G, or the operation because of which that is not known. */
  traceIdentity: PiecewiseLinearity;
  /** That of Adam or RMSprop with the second moment frozen where a run of them stopped, of IRE with its mask; undefined for other runs. */
  preconditioned?: MinimumAnalysis | undefined;
  /** What a LayersModel has beside its function; undefined for a run. */
  model?: LayersModelFacts | undefined;
  /** Undefined unless asked for. */
  layers: LayerMeasurement[] | undefined;
  /** Whether H has the penalty of the model's regularizers. */
  regularizers: "include" | "exclude";
  /** Undefined unless asked for, as the next. */
  density: Density | undefined;
  logDeterminant: LogDeterminants | undefined;
}

/** The measurement for a person. */
export function measurementText(measurement: Measurement, digits?: number): string {
  const { subject, data, examples, parameters, backend, analysis, gaussNewton, hessian, layers, traceIdentity, model } =
    measurement;
  const { density, logDeterminant, loss, hessianDistance } = measurement;
  const rows = [
    { name: "trace", G: marked(gaussNewton.trace), H: marked(hessian.trace) },
    { name: "Frobenius norm", G: marked(gaussNewton.norm), H: marked(hessian.norm) },
    ...hessian.eigenvalues.map((pair, k) => ({
      name: k === 0 ? "eigenvalues, by magnitude" : "",
      G: eigenvalue(gaussNewton.eigenvalues[k]),
      H: eigenvalue(pair),
    })),
  ];
  const table = formatTable(
    [
      { heading: "curvature", cell: (row: (typeof rows)[number]) => row.name, align: "left" },
      { heading: "Gauss–Newton G", cell: (row) => row.G },
      { heading: "Hessian H", cell: (row) => row.H },
    ],
    rows,
  );
  return (
    `${subject} on ${examples} examples of ${data}: ${parameters} parameters, backend ${backend} (Float32)${loss === undefined ? "" : `; ${loss.label}`}\n\n` +
    `${table}\n${identityText(traceIdentity)}\n` +
    (hessianDistance === undefined || analysis !== undefined
      ? ""
      : `‖H − G‖_F/‖H‖_F = ${formatMeasured(hessianDistance, 5)}\n`) +
    `${model === undefined ? "" : factsText(model, measurement)}\n` +
    doubts([gaussNewton.trace, gaussNewton.norm, hessian.trace, hessian.norm]) +
    (layers === undefined ? "" : `${layersTable(layers)}\n`) +
    (density === undefined ? "" : `${densityText(density)}\n`) +
    (logDeterminant === undefined ? "" : `${logDeterminantText(logDeterminant)}\n`) +
    (analysis === undefined
      ? "Noise metrics and thresholds are exact from the Gram matrix, which was not taken: measure fewer examples for them.\n"
      : analysisText(analysis, { digits }) + frozenText(measurement.preconditioned, analysis))
  );
}

/** The verdict of the optimizer itself, beside that of plain SGD. */
const frozenText = (analysis: MinimumAnalysis | undefined, plain: MinimumAnalysis): string =>
  analysis === undefined
    ? ""
    : `\nWith the ${plain.conditions[0]!.marks.some(({ id }) => id === "ire") ? "mask of flat coordinates" : "second moment of the optimizer"} frozen where the training stopped:\n${answerText(analysis)}` +
      analysis.conditions[0]!.marks.map(({ text }) => `! ${text}\n`).join("");

const identityText = (identity: PiecewiseLinearity): string =>
  identity.holds
    ? "Tr H = Tr G: the outputs are piecewise linear in each parameter"
    : `Tr H need not be Tr G: ${identity.because}`;

const factsText = (
  { regularizers, inference }: LayersModelFacts,
  { regularizers: how, outputs }: Pick<Measurement, "regularizers" | "outputs">,
): string =>
  [
    ...(regularizers.length === 0
      ? []
      : how === "include"
        ? [
            `H is that of L + R, with the penalty R of the model's regularizers as it is, not part of the loss or G: ${regularizers.join("; ")}`,
            `trained on Keras' mse, which is ${outputs === 1 ? "2" : `2/${outputs}`} times L, the model felt ${outputs === 2 ? "this penalty" : outputs === 1 ? "half this penalty" : `${outputs / 2} times this penalty`} beside L`,
          ]
        : [`the model has regularizers, not part of the loss, G or H: ${regularizers.join("; ")}`]),
    ...(inference.length === 0 ? [] : [`in inference mode: ${inference.join("; ")}`]),
  ]
    .map((line) => `${line}\n`)
    .join("");

const layersTable = (layers: LayerMeasurement[]): string =>
  formatTable(
    [
      { heading: "layer", cell: ({ layer }: LayerMeasurement) => layer, align: "left" },
      { heading: "parameters", cell: ({ parameters }) => String(parameters) },
      { heading: "Tr G", cell: ({ gaussNewton }) => marked(gaussNewton.trace) },
      { heading: "‖G‖_F", cell: ({ gaussNewton }) => marked(gaussNewton.norm) },
      { heading: "Tr H", cell: ({ hessian }) => marked(hessian.trace) },
      { heading: "‖H‖_F", cell: ({ hessian }) => marked(hessian.norm) },
    ],
    layers,
  );

const marked = (measured: Measured): string =>
  measured.standardError === 0
    ? `${formatNumber(measured.value, 6)} exact`
    : `${formatMeasured(measured, 5)}${measured.reason === undefined ? "" : " *"}`;

/** What the stars in the table mean. */
function doubts(measured: readonly Measured[]): string {
  const reasons = [...new Set(measured.flatMap(({ reason }) => reason ?? []))];
  return reasons.map((reason) => `* its standard error may be too small: ${reason}\n\n`).join("");
}

function eigenvalue(pair: Curvature["eigenvalues"][number] | undefined): string {
  if (pair === undefined) return "–";
  if (pair.residual === 0) return `${formatNumber(pair.value, 6)} exact`;
  return `${formatNumber(pair.value, 6)} ± ${formatNumber(pair.residual, 1)}${pair.converged ? "" : " (not converged)"}`;
}

/** The measurement as a document of the schema `sgdscope/measure@2`; `analysis` is that of `sgdscope/analyze@2`, or null. */
export function measurementDocument({
  analysis,
  layers,
  model,
  density,
  logDeterminant,
  preconditioned,
  loss,
  hessianDistance,
  ...rest
}: Measurement): object {
  return {
    schema: "sgdscope/measure@2",
    lossConvention: lossConvention(loss?.label),
    ...rest,
    loss: loss?.id ?? "square",
    hessianDistance: hessianDistance ?? null,
    model: model ?? null,
    layers: layers ?? null,
    density: density ?? null,
    preconditioned: preconditioned === undefined ? null : analysisDocument(preconditioned),
    logDeterminant: logDeterminant ?? null,
    analysis: analysis === undefined ? null : analysisDocument(analysis),
  };
}

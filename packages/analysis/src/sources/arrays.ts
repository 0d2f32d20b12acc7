import type { NamedArray } from "@sgdscope/array-files";
import { gramSystemFromJacobian, type GramSystem } from "@sgdscope/noise-structure";
import { AnalysisError } from "../errors.js";
import type { Minimum, Precision } from "../minimum.js";
import { finite } from "./finite.js";
import { minimumWithLoss, type LossArrays } from "./loss-arrays.js";
import { preconditioned } from "./preconditioner.js";
import { coarser, precisionOf } from "./precision.js";
import { gramLayout, jacobianLayout, type Layout, type ShapeNote } from "./shapes.js";

/** Arrays of any tool that describe a minimum. */
export interface MinimumArrays {
  /** K = JJᵀ: `[nC, nC]`, row i·C + c for output c of example i, or `[n, n, C, C]` as neural tangent kernels are kept. */
  gram?: NamedArray;
  /** J: `[n, P]`, `[nC, P]` or `[n, C, P]`. */
  jacobian?: NamedArray;
  /** P of `θ ← θ − ηP⁻¹m`, positive, `[P]` in the order of the columns of J: the system is then that of `JP⁻¹Jᵀ`. Needs `jacobian`. */
  preconditioner?: NamedArray;
  /** r = f − y: `[n]`, `[n, C]` or `[nC]`. Default zeros: no threshold depends on them. */
  residuals?: NamedArray;
  /** C, where no shape says it. */
  outputs?: number;
  /** Instead of residuals: a loss, the outputs of the model and what they should be. */
  loss?: LossArrays;
}

/** A minimum, and what was taken for granted where shapes leave something open. */
export interface ReadMinimum {
  minimum: Minimum;
  notes: readonly ShapeNote[];
}

/**
 * The minimum that arrays describe. All axes are compared with each other; what contradicts itself is refused with the shapes
 * of both and the transpose that cures it.
 *
 * @param name - What people call it.
 * @throws AnalysisError MISSING, SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT for numbers beyond the range of Float64, with `argument` `gram`, `jacobian`, `preconditioner`, `residuals`, `outputs` or one of the loss:
 *   `loss`, `logits`, `labels`, `targets`, `weights`. NoiseStructureError of the loss, which names the example.
 */
export function minimumOfArrays(name: string, arrays: MinimumArrays): ReadMinimum {
  const { gram, jacobian, preconditioner, residuals, outputs, loss } = arrays;
  if (loss !== undefined && residuals !== undefined)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "residuals",
      "expected residuals, or a loss with the outputs of the model, got both",
    );
  if (gram !== undefined && jacobian !== undefined)
    throw new AnalysisError("INVALID_ARGUMENT", "gram", "expected a Gram matrix or a Jacobian, got both");
  if (preconditioner !== undefined && jacobian === undefined)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "preconditioner",
      "expected a Jacobian beside it, got none",
      "a Gram matrix no longer knows the parameters: pass J, or JP⁻¹Jᵀ as the Gram matrix",
    );
  const shapes =
    loss === undefined
      ? { residuals: residuals?.shape, outputs }
      : {
          residuals: loss.logits.shape,
          outputs,
          beside: "logits" as const,
          examples: (loss.labels ?? loss.targets)?.shape[0],
        };
  if (gram !== undefined) {
    const layout = gramLayout(gram.shape, shapes);
    const values = within("gram", finite("gram", gram), SMALLEST, Infinity);
    const matrix = layout.kernelAxes ? withRowsTogether(values, layout) : values;
    if (loss !== undefined) return readWithLoss(name, layout, { gram: matrix }, loss);
    const { examples, outputs: size } = layout;
    return read(name, layout, values, arrays, (r) => ({ examples, outputs: size, gram: matrix, residuals: r }));
  }
  if (jacobian === undefined)
    throw new AnalysisError("MISSING", "gram", "expected a Gram matrix or a Jacobian, got neither");
  const layout = jacobianLayout(jacobian.shape, shapes);
  const values = within("jacobian", finite("jacobian", jacobian), Math.sqrt(SMALLEST), 2 ** 500);
  const rows = layout.examples * layout.outputs;
  const matrix = preconditioner === undefined ? values : preconditioned(values, rows, preconditioner);
  const found =
    loss === undefined
      ? read(name, layout, values, arrays, (r) => gramSystemFromJacobian(matrix, r, layout))
      : readWithLoss(name, layout, { jacobian: matrix }, loss);
  if (preconditioner === undefined) return found;
  return {
    ...found,
    minimum: {
      ...found.minimum,
      preconditioned: true,
      precision: coarser(precisionOf(values), found.minimum.precision),
    },
  };
}

function read(
  name: string,
  layout: Layout,
  values: Float64Array,
  { residuals }: MinimumArrays,
  systemOf: (r: Float64Array) => GramSystem,
): ReadMinimum {
  const { examples, outputs, notes } = layout;
  const r = residuals === undefined ? new Float64Array(examples * outputs) : finite("residuals", residuals);
  if (!(r.reduce((sum, value) => sum + value * value, 0) < Infinity))
    throw new AnalysisError(
      "NOT_FINITE",
      "residuals",
      `expected numbers whose squares have a finite sum, the loss, got numbers of up to ${largestOf(r)}`,
    );
  const precision: Precision = precisionOf(values);
  return { minimum: { name, system: systemOf(r), loss: "square", precision }, notes };
}

const readWithLoss = (
  name: string,
  layout: Layout,
  matrix: { gram: Float64Array } | { jacobian: Float64Array },
  loss: LossArrays,
): ReadMinimum => {
  const { minimum, notes } = minimumWithLoss(name, layout, matrix, loss);
  return { minimum, notes: [...layout.notes, ...notes] };
};

/** Numbers below it are kept with fewer digits. */
const SMALLEST = 2 ** -1000;

const largestOf = (values: Float64Array): number =>
  values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);

/** Refuses numbers whose largest is out of the range in which Float64 keeps all digits of them, or of their products. */
function within(argument: string, values: Float64Array, least: number, most: number): Float64Array {
  const largest = largestOf(values);
  if (largest > 0 && (largest < least || largest > most))
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      argument,
      `expected a largest magnitude of ${largest < least ? "at least" : "at most"} ${(largest < least ? least : most).toPrecision(3)}, got ${largest}`,
      "K times s has thresholds 1/s times as large, J times s thresholds 1/s² times as large",
    );
  return values;
}

/** `[n, n, C, C]` as `[nC, nC]`. */
function withRowsTogether(kernel: Float64Array, { examples: n, outputs }: Layout): Float64Array {
  const size = n * outputs;
  const gram = new Float64Array(size * size);
  for (let i = 0, at = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let c = 0; c < outputs; c++)
        for (let d = 0; d < outputs; d++, at++) gram[(i * outputs + c) * size + j * outputs + d] = kernel[at]!;
  return gram;
}

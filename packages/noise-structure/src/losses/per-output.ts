import { NoiseStructureError } from "../errors.js";
import type { LeastLoss, LossAt, LossId, OutputLoss } from "./loss.js";

/** The derivatives of a loss of one output: `s`, `√S` and `r̃ = s/√S`. */
export interface ScalarDerivatives {
  gradient: number;
  root: number;
  residual: number;
}

/** @internal A loss that is a sum over the outputs of an example, each with its own target: S is diagonal. */
export function perOutput(
  { id, label, source }: { id: LossId; label: string; source: string },
  scalar: {
    value: (f: number, y: number) => number;
    derivatives: (f: number, y: number, where: string) => ScalarDerivatives;
    /** The least value for a target, and the output that reaches it, ±Infinity or NaN where none does. */
    least: (y: number) => { value: number; output: number };
    /** Refuses a target out of the domain. */
    check?: (y: number, where: string) => void;
  },
): OutputLoss {
  const place = (c: number, example: number): string => `output ${c} of example ${example}`;
  const valueOf = (outputs: ArrayLike<number>, targets: ArrayLike<number>, example = 0): number => {
    let sum = 0;
    for (let c = 0; c < outputs.length; c++) {
      scalar.check?.(targets[c]!, place(c, example));
      sum += scalar.value(outputs[c]!, targets[c]!);
    }
    return sum;
  };
  const at = (outputs: ArrayLike<number>, targets: ArrayLike<number>, example = 0): LossAt => {
    const size = outputs.length;
    const gradient = new Float64Array(size);
    const residual = new Float64Array(size);
    const factor = new Float64Array(size * size);
    const curvature = new Float64Array(size * size);
    const value = valueOf(outputs, targets, example);
    for (let c = 0; c < size; c++) {
      const where = place(c, example);
      const one = scalar.derivatives(outputs[c]!, targets[c]!, where);
      if (![value, one.gradient, one.root, one.residual].every(Number.isFinite))
        throw new NoiseStructureError(
          "NOT_FINITE",
          `${id} loss: expected derivatives within Float64, got outputs ${outputs[c]!} and target ${targets[c]!} at ${where}.`,
        );
      gradient[c] = one.gradient;
      residual[c] = one.residual;
      factor[c * size + c] = one.root;
      curvature[c * size + c] = one.root * one.root;
    }
    return { value, gradient, curvature, factor, residual };
  };
  const least = (targets: ArrayLike<number>, example = 0): LeastLoss => {
    const outputs = new Float64Array(targets.length);
    let sum = 0;
    for (let c = 0; c < targets.length; c++) {
      scalar.check?.(targets[c]!, place(c, example));
      const { value, output } = scalar.least(targets[c]!);
      sum += value;
      outputs[c] = output;
    }
    return { value: sum, outputs: outputs.every(Number.isFinite) ? outputs : undefined };
  };
  return { id, label, source, rows: (outputs) => outputs, value: valueOf, least, at };
}

/** @internal Refuses a target that the loss does not take. */
export function expectTarget(id: LossId, holds: boolean, expected: string, y: number, where: string): void {
  if (!holds)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${id} loss: expected targets ${expected}, got ${y} at ${where}.`,
    );
}

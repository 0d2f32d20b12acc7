import { NoiseStructureError } from "../errors.js";
import type { LossAt, LossId, OutputLoss } from "./loss.js";

/** A loss of one output: value, `s`, `√S` and `r̃ = s/√S`. */
export interface ScalarLossAt {
  value: number;
  gradient: number;
  root: number;
  residual: number;
}

/** @internal A loss that is a sum over the outputs of an example, each with its own target: S is diagonal. */
export function perOutput(
  { id, label, source }: { id: LossId; label: string; source: string },
  scalar: (f: number, y: number, where: string) => ScalarLossAt,
): OutputLoss {
  const at = (outputs: ArrayLike<number>, targets: ArrayLike<number>, example = 0): LossAt => {
    const size = outputs.length;
    const gradient = new Float64Array(size);
    const residual = new Float64Array(size);
    const factor = new Float64Array(size * size);
    const curvature = new Float64Array(size * size);
    let value = 0;
    for (let c = 0; c < size; c++) {
      const where = `output ${c} of example ${example}`;
      const one = scalar(outputs[c]!, targets[c]!, where);
      if (![one.value, one.gradient, one.root, one.residual].every(Number.isFinite))
        throw new NoiseStructureError(
          "NOT_FINITE",
          `${id} loss: expected derivatives within Float64, got outputs ${outputs[c]!} and target ${targets[c]!} at ${where}.`,
        );
      value += one.value;
      gradient[c] = one.gradient;
      residual[c] = one.residual;
      factor[c * size + c] = one.root;
      curvature[c * size + c] = one.root * one.root;
    }
    return { value, gradient, curvature, factor, residual };
  };
  return { id, label, source, rows: (outputs) => outputs, at };
}

/** @internal Refuses a target that the loss does not take. */
export function expectTarget(id: LossId, holds: boolean, expected: string, y: number, where: string): void {
  if (!holds)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${id} loss: expected targets ${expected}, got ${y} at ${where}.`,
    );
}

import { util, type TensorInfo } from "@tensorflow/tfjs";
import { partialKernel, type WasmKernel } from "../kernel.js";
import { bitsOf } from "../runtime.js";

/** Whether `row` broadcasts as one row against every row of `full`: it has the last axis, and ones before it. */
function isRowOf(row: TensorInfo, full: TensorInfo): boolean {
  const columns = full.shape.at(-1) ?? 0;
  return (
    columns > 1 &&
    row.shape.length <= full.shape.length &&
    row.shape.at(-1) === columns &&
    util.sizeFromShape(row.shape) === columns
  );
}

/** A bias added to every row or pixel, the one broadcast that every layer makes. */
const add = partialKernel<"a" | "b">(
  "Add",
  ({ inputs: { a, b } }) => a.dtype === "float32" && b.dtype === "float32" && (isRowOf(b, a) || isRowOf(a, b)),
  ({ inputs: { a, b }, runtime }) => {
    const [full, row] = isRowOf(b, a) ? [a, b] : [b, a];
    const columns = full.shape.at(-1)!;
    const output = runtime.output(full.shape);
    const rows = util.sizeFromShape(full.shape) / columns;
    runtime.addRow(
      runtime.address(full),
      runtime.address(row),
      runtime.address(output),
      rows,
      columns,
      bitsOf(-Infinity),
    );
    return output;
  },
);

export const biasKernels: WasmKernel[] = [add];

import { slice_util, util, type TensorInfo } from "@tensorflow/tfjs-core";
import { ComputeError } from "../../errors.js";
import { partialKernel, type WasmKernel } from "../kernel.js";
import type { Runtime } from "../runtime.js";

const hasWords = ({ inputs: { x } }: { inputs: Record<"x", TensorInfo> }): boolean =>
  x.dtype === "float32" || x.dtype === "int32";

/** A part of a tensor, in runs as long as lie together in memory. (The kernel of the backend copies the whole source first.) */
const slice = partialKernel<"x", { begin: number | number[]; size: number | number[] }>(
  "Slice",
  hasWords,
  ({ inputs: { x }, attrs, runtime }) => {
    const [begin, size] = slice_util.parseSliceParams(x, attrs.begin, attrs.size) as [number[], number[]];
    const output = runtime.output(size, x.dtype);
    if (util.sizeFromShape(size) === 0) return output;
    const strides = x.shape.map((_, axis) => 4 * util.sizeFromShape(x.shape.slice(axis + 1)));
    // Axes from `whole` on are taken whole: with the one before them they lie together.
    let whole = x.shape.length;
    while (whole > 0 && size[whole - 1] === x.shape[whole - 1]) whole--;
    const run = 4 * util.sizeFromShape(size.slice(Math.max(0, whole - 1)));
    const loops = Array.from({ length: Math.max(0, whole - 1) }, (_, axis) => axis);
    const [inner, ...outer] = loops.reverse();
    const from = begin.reduce((at, start, axis) => at + start * strides[axis]!, runtime.address(x));
    let to = runtime.address(output);
    const copy = (at: number, [axis, ...rest]: number[]): void => {
      if (axis !== undefined) {
        for (let i = 0; i < size[axis]!; i++) copy(at + i * strides[axis]!, rest);
        return;
      }
      const count = inner === undefined ? 1 : size[inner]!;
      runtime.copyRuns(at, 0, inner === undefined ? 0 : strides[inner]!, to, 0, run, 1, count, run);
      to += count * run;
    };
    copy(from, outer.reverse());
    return output;
  },
);

/** Rows shorter than this go to the kernel of the backend: calls would take longer than copies. */
const SHORT_ROW = 8;

interface Gather {
  axis: number;
  batchDims?: number;
}

/** Rows of a tensor by number. */
const gather = partialKernel<"x" | "indices", Gather>(
  "GatherV2",
  ({ inputs: { x, indices }, attrs: { axis, batchDims = 0 } }) =>
    hasWords({ inputs: { x } }) &&
    indices.dtype === "int32" &&
    batchDims === 0 &&
    util.parseAxisParam(axis, x.shape)[0] === 0 &&
    util.sizeFromShape(x.shape.slice(1)) >= SHORT_ROW,
  ({ inputs: { x, indices }, runtime }) => {
    const [rows = 0, ...row] = x.shape;
    const chosen = Int32Array.from(runtime.view(indices));
    for (const index of chosen) assertRow(index, rows);
    const output = runtime.output([...indices.shape, ...row], x.dtype);
    copyRows(runtime, runtime.address(x), runtime.address(output), chosen, 4 * util.sizeFromShape(row));
    return output;
  },
);

function copyRows(runtime: Runtime, from: number, to: number, chosen: Int32Array, bytes: number): void {
  // Neighbours are copied together.
  for (let k = 0; k < chosen.length;) {
    let run = 1;
    while (chosen[k + run] === chosen[k]! + run) run++;
    runtime.copyRuns(from + chosen[k]! * bytes, 0, 0, to + k * bytes, 0, 0, 1, 1, run * bytes);
    k += run;
  }
}

function assertRow(index: number, rows: number): void {
  if (index < 0 || index >= rows)
    throw new ComputeError("INVALID_ARGUMENT", `gather: expected indices in [0, ${rows - 1}], got ${index}`);
}

export const rowKernels: WasmKernel[] = [slice, gather];

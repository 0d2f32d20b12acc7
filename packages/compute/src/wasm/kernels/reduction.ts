import { backend_util, util, type TensorInfo } from "@tensorflow/tfjs-core";
import { partialKernel, wasmKernel, type WasmKernel } from "../kernel.js";
import { bitsOf, type Runtime } from "../runtime.js";

/** With fewer columns than this the additions wait for each other: rows are then summed side by side. */
const NARROW = 32;

/** `to[b, j] = scale · Σ_i from[b, i, j]`. */
function sumColumns(
  runtime: Runtime,
  from: number,
  to: number,
  batch: number,
  rows: number,
  columns: number,
  scale: number,
): void {
  if (batch !== 1 || columns >= NARROW || rows < 4 * NARROW) {
    runtime.sumColumns(from, to, batch, rows, columns, bitsOf(scale));
    return;
  }
  // Thirty-two rows side by side, then those and the ones left over.
  const rowBytes = 4 * columns;
  const folded = Math.floor(rows / NARROW);
  const left = rows - folded * NARROW;
  runtime.scratch((NARROW + left) * rowBytes, (partial) => {
    runtime.sumColumns(from, partial, 1, folded, NARROW * columns, bitsOf(1));
    if (left > 0) {
      runtime.copyRuns(
        from + folded * NARROW * rowBytes,
        0,
        0,
        partial + NARROW * rowBytes,
        0,
        0,
        1,
        1,
        left * rowBytes,
      );
    }
    runtime.sumColumns(partial, to, 1, NARROW + left, columns, bitsOf(scale));
  });
}

/** Sums over axes, times `scale`; neighbouring axes are summed at once, and nothing is transposed. */
function sumOver(
  runtime: Runtime,
  x: TensorInfo,
  axis: number | number[],
  keepDims: boolean,
  scaled: "sum" | "mean",
): TensorInfo {
  const axes = util.parseAxisParam(axis, x.shape);
  const [kept, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const outShape = keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
  const scale = scaled === "mean" ? 1 / util.sizeFromShape(reduced) : 1;

  // Runs of axes that are summed, or kept, together; axes of size one belong anywhere.
  const runs: { size: number; summed: boolean }[] = [];
  x.shape.forEach((size, index) => {
    if (size === 1) return;
    const summed = axes.includes(index);
    const last = runs.at(-1);
    if (last?.summed === summed) last.size *= size;
    else runs.push({ size, summed });
  });
  if (!runs.some(({ summed }) => summed)) return runtime.share(x, outShape);

  let current = x;
  for (let r = runs.length - 1; r >= 0; r--) {
    if (!runs[r]!.summed) continue;
    const sizes = runs.map(({ size }) => size);
    const batch = util.sizeFromShape(sizes.slice(0, r));
    const inner = util.sizeFromShape(sizes.slice(r + 1));
    const isLast = !runs.slice(0, r).some(({ summed }) => summed);
    const next = runtime.output(isLast ? outShape : [batch, inner]);
    const factor = isLast ? scale : 1;
    const [from, to] = [runtime.address(current), runtime.address(next)];
    if (inner === 1) runtime.sumRows(from, to, batch, sizes[r]!, bitsOf(factor));
    else sumColumns(runtime, from, to, batch, sizes[r]!, inner, factor);
    if (current !== x) runtime.dispose(current);
    current = next;
    runs.splice(r, 1);
  }
  return current;
}

interface Reduction {
  axis: number | number[];
  keepDims: boolean;
}
const isFloat = ({ inputs: { x } }: { inputs: Record<"x", TensorInfo> }): boolean => x.dtype === "float32";

const sum = partialKernel<"x", Reduction>("Sum", isFloat, ({ inputs: { x }, attrs: { axis, keepDims }, runtime }) =>
  sumOver(runtime, x, axis, keepDims, "sum"),
);

const mean = partialKernel<"x", Reduction>("Mean", isFloat, ({ inputs: { x }, attrs: { axis, keepDims }, runtime }) =>
  sumOver(runtime, x, axis, keepDims, "mean"),
);

/** Sums the slices `x[i]` with the same segment number; those whose number is not a segment are dropped. */
const unsortedSegmentSum = wasmKernel<"x" | "segmentIds", { numSegments: number }>(
  "UnsortedSegmentSum",
  ({ inputs: { x, segmentIds }, attrs: { numSegments }, runtime }) => {
    util.assert(
      segmentIds.shape.length === 1 && segmentIds.shape[0] === x.shape[0] && x.dtype === "float32",
      () =>
        `UnsortedSegmentSum: expected one segment for each slice of a float32 tensor, got segments ` +
        `[${segmentIds.shape.join(", ")}] for ${x.dtype} [${x.shape.join(", ")}]`,
    );
    const [rows = 0, ...slice] = x.shape;
    const columns = util.sizeFromShape(slice);
    const output = runtime.output([numSegments, ...slice]);
    const to = runtime.address(output);
    runtime.clear(to, 4 * numSegments * columns);
    runtime.addToSegments(runtime.address(x), runtime.address(segmentIds), to, rows, columns, numSegments);
    return output;
  },
);

export const reductionKernels: WasmKernel[] = [sum, mean, unsortedSegmentSum];

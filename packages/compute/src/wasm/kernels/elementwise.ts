import { util, type DataType, type TensorInfo } from "@tensorflow/tfjs-core";
import { RELU_GRAD } from "../../composed/relu-gradient.js";
import { partialKernel, wasmKernel, type WasmKernel } from "../kernel.js";
import type { ELEMENTWISE } from "../program/elementwise.js";
import { bitsOf, type Runtime } from "../runtime.js";

/** The cost of one number, in arithmetic operations: such functions are bound by memory. */
const WEIGHT = 16;

/** A new tensor whose numbers come one by one from those at `sources`; large ones are divided among threads. */
function elementwise(
  runtime: Runtime,
  name: (typeof ELEMENTWISE)[number],
  shape: number[],
  sources: readonly number[],
  constants: readonly number[] = [],
): TensorInfo {
  const output = runtime.output(shape);
  const to = runtime.address(output);
  runtime.divide(name, util.sizeFromShape(shape), WEIGHT, (start, length) => [
    ...sources.map((address) => address + 4 * start),
    ...constants,
    to + 4 * start,
    length,
  ]);
  return output;
}

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
function addBias(runtime: Runtime, full: TensorInfo, row: TensorInfo): TensorInfo {
  const columns = full.shape.at(-1)!;
  const output = runtime.output(full.shape);
  const [from, bias, to] = [runtime.address(full), runtime.address(row), runtime.address(output)];
  runtime.divide("addRow", util.sizeFromShape(full.shape) / columns, WEIGHT * columns, (start, rows) => {
    const offset = 4 * columns * start;
    return [from + offset, bias, to + offset, rows, columns, bitsOf(-Infinity)];
  });
  return output;
}

type Two = Record<"a" | "b", TensorInfo>;
const floats = ({ a, b }: Two): boolean => a.dtype === "float32" && b.dtype === "float32";
const sameShape = ({ a, b }: Two): boolean => util.arraysEqual(a.shape, b.shape);
/** A single number that does not change the shape of the other. */
const isScalar = (one: TensorInfo, other: TensorInfo): boolean =>
  util.sizeFromShape(one.shape) === 1 && one.shape.length <= other.shape.length;

const add = partialKernel<"a" | "b">(
  "Add",
  ({ inputs }) => floats(inputs) && (sameShape(inputs) || isRowOf(inputs.b, inputs.a) || isRowOf(inputs.a, inputs.b)),
  ({ inputs, runtime }) => {
    const { a, b } = inputs;
    if (sameShape(inputs)) return elementwise(runtime, "addArrays", a.shape, [runtime.address(a), runtime.address(b)]);
    return isRowOf(b, a) ? addBias(runtime, a, b) : addBias(runtime, b, a);
  },
);

const subtract = partialKernel<"a" | "b">(
  "Sub",
  ({ inputs }) => floats(inputs) && sameShape(inputs),
  ({ inputs: { a, b }, runtime }) =>
    elementwise(runtime, "subtractArrays", a.shape, [runtime.address(a), runtime.address(b)]),
);

const multiply = partialKernel<"a" | "b">(
  "Multiply",
  ({ inputs }) => floats(inputs) && (sameShape(inputs) || isScalar(inputs.a, inputs.b) || isScalar(inputs.b, inputs.a)),
  ({ inputs, runtime }) => {
    const { a, b } = inputs;
    const [atA, atB] = [runtime.address(a), runtime.address(b)];
    if (sameShape(inputs)) return elementwise(runtime, "multiplyArrays", a.shape, [atA, atB]);
    return isScalar(b, a)
      ? elementwise(runtime, "multiplyScalar", a.shape, [atA], [atB])
      : elementwise(runtime, "multiplyScalar", b.shape, [atB], [atA]);
  },
);

const isFloat = ({ inputs: { x } }: { inputs: Record<"x", TensorInfo> }): boolean => x.dtype === "float32";

const relu = partialKernel<"x">("Relu", isFloat, ({ inputs: { x }, runtime }) =>
  elementwise(runtime, "relu", x.shape, [runtime.address(x)]),
);

const step = partialKernel<"x", { alpha?: number }>(
  "Step",
  isFloat,
  ({ inputs: { x }, attrs: { alpha = 0 }, runtime }) =>
    elementwise(runtime, "step", x.shape, [runtime.address(x)], [bitsOf(alpha)]),
);

/** The part of the incoming signal that the gradient of a ReLU passes on. */
const reluGrad = wasmKernel<"dy" | "x">(RELU_GRAD, ({ inputs: { dy, x }, runtime }) =>
  elementwise(runtime, "passWherePositive", x.shape, [runtime.address(dy), runtime.address(x)]),
);

const fill = partialKernel<never, { shape: number[]; value: number | string; dtype?: DataType }>(
  "Fill",
  ({ attrs: { value, dtype = "float32" } }) => typeof value === "number" && dtype === "float32",
  ({ attrs: { shape, value }, runtime }) => elementwise(runtime, "fill", shape, [], [bitsOf(value as number)]),
);

export const elementwiseKernels: WasmKernel[] = [add, subtract, multiply, relu, reluGrad, step, fill];

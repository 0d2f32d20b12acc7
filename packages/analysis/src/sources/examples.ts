import { toFloat64, type NamedArray } from "@sgdscope/array-files";
import { AnalysisError } from "../errors.js";

/** What a model says of its examples; sizes without the axis of examples. */
export interface ExampleShapes {
  inputShape: readonly number[];
  outputs: number;
  /** Default `[outputs]`. */
  outputShape?: readonly number[];
  /** Set where the inputs are indices, integers below this. */
  indices?: number;
}

/** Examples as a model takes them, row-major, and in words what was taken for granted. */
export interface ReadExamples {
  size: number;
  inputShape: number[];
  outputs: number;
  inputs: Float32Array;
  targets: Float32Array;
  notes: readonly { argument: "inputs" | "targets"; text: string }[];
}

const show = (shape: readonly number[]): string => `[${shape.join(", ")}]`;
const wanted = (shape: readonly number[]): string => `[${["n", ...shape].join(", ")}]`;
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
const withoutOnes = (shape: readonly number[]): number[] => shape.filter((size) => size !== 1);
const mismatch = (argument: string, problem: string, advice?: string): AnalysisError =>
  new AnalysisError("SHAPE_MISMATCH", argument, problem, advice);

/**
 * Inputs `[n, …inputShape]` and targets `[n, C]` or `[n, …outputShape]` for a model. A shape is a contract: only axes of size 1 may be
 * missing or more than expected. What is transposed or flattened is refused with the line that cures it, because the order of the
 * numbers cannot be seen.
 *
 * @param options.oneHot - The targets are labels 0 … C − 1, shape `[n]`, that become rows with a one. Without it they are refused.
 * @throws AnalysisError SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, MISSING, with `argument` `inputs`, `targets` or `oneHot`.
 */
export function examplesOfArrays(
  shapes: ExampleShapes,
  arrays: { inputs: NamedArray; targets: NamedArray },
  { oneHot = false }: { oneHot?: boolean } = {},
): ReadExamples {
  const { inputShape, outputs, outputShape = [outputs] } = shapes;
  const notes: { argument: "inputs" | "targets"; text: string }[] = [];
  assertInputs(arrays.inputs.shape, inputShape);
  const size = arrays.inputs.shape[0]!;
  const { data } = arrays.inputs;
  if ((data instanceof Uint8Array || data instanceof Uint8ClampedArray) && data.some((byte) => byte > 1))
    notes.push({
      argument: "inputs",
      text: "bytes 0–255 are taken as they are; if the model was trained on x/255, divide them first",
    });
  if (channelsUnseen(inputShape))
    notes.push({
      argument: "inputs",
      text: `shape ${show(arrays.inputs.shape)} is taken as ${wanted(inputShape)} of the model; equal sizes do not show whether channels come first`,
    });
  const inputs = finite("inputs", arrays.inputs);
  if (shapes.indices !== undefined) assertIndices(inputs, shapes.indices);
  if (oneHot) {
    const targets = oneHotRows(arrays.targets, size, outputs);
    notes.push({ argument: "targets", text: `labels 0 … ${outputs - 1} become rows with a one` });
    return { size, inputShape: [...inputShape], outputs, inputs, targets, notes };
  }
  const { shape } = arrays.targets;
  assertTargets(arrays.targets, size, outputs, outputShape);
  if (outputs === size && size > 1 && shape.length === 2)
    notes.push({ argument: "targets", text: `shape ${show(shape)} is taken as [n, C]` });
  return { size, inputShape: [...inputShape], outputs, inputs, targets: finite("targets", arrays.targets), notes };
}

/** Whether images with their channels first would have the same shape. */
function channelsUnseen(inputShape: readonly number[]): boolean {
  const [first] = inputShape;
  return inputShape.length > 2 && first !== 1 && inputShape.every((size) => size === first);
}

/** Equal but for axes of size 1. Among as many axes these would hide others that changed places. */
function fits(sizes: readonly number[], expected: readonly number[]): boolean {
  const own = withoutOnes(sizes);
  const unmoved = sizes.length !== expected.length || own.length < 2;
  return same(sizes, expected) || (unmoved && same(own, withoutOnes(expected)));
}

function assertInputs(shape: readonly number[], inputShape: readonly number[]): void {
  if (shape.length > 0 && shape[0]! > 0 && fits(shape.slice(1), inputShape)) return;
  const problem = `expected shape ${wanted(inputShape)}, got ${show(shape)}`;
  if (product(shape) === 0 || shape.length === 0) throw mismatch("inputs", problem);
  const order = orderThatFits(shape, inputShape);
  if (order !== undefined) {
    throw mismatch(
      "inputs",
      `${problem}${movesChannelsLast(order) ? ": its channels come first, the model's last" : ": its axes are in another order"}`,
      `pass ${transposed("x", order)}`,
    );
  }
  if (fits(shape, inputShape))
    throw mismatch("inputs", `${problem}: one example without an axis of examples`, "pass x[None]");
  const width = product(inputShape);
  if (inputShape.length > 1 && product(shape) % width === 0 && shape.length <= 2) {
    const rows = ["-1", ...inputShape].join(", ");
    const spatial = inputShape.slice(0, -1);
    const channels = inputShape.at(-1)!;
    throw mismatch(
      "inputs",
      `${problem}: flat rows do not show the order of their axes`,
      `pass x.reshape(${rows}) if the last axis runs fastest` +
        (channels === 1
          ? ""
          : `; ${transposed(`x.reshape(${["-1", channels, ...spatial].join(", ")})`, movedToEnd(spatial.length))} if channels come first`),
    );
  }
  throw mismatch("inputs", problem);
}

const movedToEnd = (spatial: number): number[] => [0, ...Array.from({ length: spatial }, (_, axis) => axis + 2), 1];
const movesChannelsLast = (order: readonly number[]): boolean => same(order, movedToEnd(order.length - 2));
const transposed = (name: string, order: readonly number[]): string =>
  order.length === 2 ? `${name}.T` : `${name}.transpose(${order.join(", ")})`;

/** An order of the axes that gives `[n, …inputShape]`: one that moves channels, else the first, which keeps equal sizes in their order. */
function orderThatFits(shape: readonly number[], inputShape: readonly number[]): number[] | undefined {
  if (shape.length > 6) return undefined;
  const fitting = orders(shape.map((_, axis) => axis)).filter((order) =>
    same(
      order.slice(1).map((axis) => shape[axis]!),
      inputShape,
    ),
  );
  return fitting.find(movesChannelsLast) ?? fitting[0];
}

/** All of them, the smaller axes first. */
function orders(axes: readonly number[]): number[][] {
  if (axes.length === 0) return [[]];
  return axes.flatMap((axis) => orders(axes.filter((other) => other !== axis)).map((rest) => [axis, ...rest]));
}

/** A backend reads anything, or nothing, where an index lies outside of its table. */
function assertIndices(inputs: Float32Array, rows: number): void {
  const index = inputs.findIndex((value) => !Number.isInteger(value) || value < 0 || value >= rows);
  if (index >= 0)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "inputs",
      `expected integers 0 … ${rows - 1}, rows of the model's embedding, got ${inputs[index]!} at position ${index}`,
    );
}

function assertTargets(
  { shape, data }: NamedArray,
  size: number,
  outputs: number,
  outputShape: readonly number[],
): void {
  if (shape[0] === size && fits(shape.slice(1), outputShape)) return;
  const expected = outputs === 1 ? `[${size}] or [${size}, 1]` : show([size, ...outputShape]);
  const problem = `expected shape ${expected}, got ${show(shape)}`;
  const transposedShape = outputShape.length === 1 && shape.length === 2 && shape[0] === outputs && shape[1] === size;
  if (transposedShape) throw mismatch("targets", `${problem}: it is transposed`, "pass y.T");
  if (outputs > 1 && data.length === size && shape[0] === size) {
    if (labelFault(data, outputs) === undefined)
      throw new AnalysisError(
        "MISSING",
        "oneHot",
        `targets of shape ${show(shape)} are one number per example, and the model has ${outputs} outputs; labels 0 … ${outputs - 1} become rows with a one only on request`,
      );
    throw mismatch("targets", `${problem}: one number per example for a model with ${outputs} outputs`);
  }
  if (data.length === size * outputs && size > 1 && outputs > 1)
    throw mismatch(
      "targets",
      `${problem}: the order of its numbers cannot be seen`,
      `pass y.reshape(${[size, ...outputShape].join(", ")}) if the outputs of an example lie together`,
    );
  throw mismatch("targets", `${problem}; the inputs hold ${size === 1 ? "1 example" : `${size} examples`}`);
}

/** The first number that is no label, with its position. */
function labelFault(data: NamedArray["data"], outputs: number): { value: number; index: number } | undefined {
  for (let index = 0; index < data.length; index++) {
    const value = Number(data[index]);
    if (!Number.isInteger(value) || value < 0 || value >= outputs) return { value, index };
  }
  return undefined;
}

function oneHotRows({ shape, data }: NamedArray, size: number, outputs: number): Float32Array {
  if (outputs === 1)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "oneHot",
      "labels need one output per class, and the model has one output",
    );
  if (shape[0] !== size || data.length !== size)
    throw mismatch("targets", `expected labels of shape [${size}], got ${show(shape)}`);
  const fault = labelFault(data, outputs);
  if (fault !== undefined)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "targets",
      `expected labels 0 … ${outputs - 1} for ${outputs} outputs, got ${fault.value} at position ${fault.index}`,
    );
  const rows = new Float32Array(size * outputs);
  for (let i = 0; i < size; i++) rows[i * outputs + Number(data[i])] = 1;
  return rows;
}

function finite(argument: string, array: NamedArray): Float32Array {
  const values = toFloat64(array);
  const floats = Float32Array.from(values);
  const index = floats.findIndex((value) => !Number.isFinite(value));
  if (index >= 0)
    throw new AnalysisError(
      "NOT_FINITE",
      argument,
      Number.isFinite(values[index])
        ? `expected numbers that Float32 can hold, got ${values[index]!} at position ${index}`
        : `expected finite numbers, got ${values[index]!} at position ${index}`,
    );
  return floats;
}

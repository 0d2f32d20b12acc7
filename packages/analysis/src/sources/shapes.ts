import { AnalysisError } from "../errors.js";

/** n and C as shapes say them, and in words what was taken for granted. */
export interface Layout {
  examples: number;
  outputs: number;
  /** Whether the matrix has the axes `[n, n, C, C]`. */
  kernelAxes: boolean;
  notes: readonly ShapeNote[];
}

/** What was taken for granted about an argument, in words. */
export interface ShapeNote {
  argument: "gram" | "jacobian" | "logits";
  text: string;
  /** The argument that says otherwise. */
  otherwise?: "outputs";
}

interface Given {
  /** The shape of the numbers beside the matrix, one per example and output: residuals, or the outputs themselves. */
  residuals: readonly number[] | undefined;
  outputs: number | undefined;
  /** What these numbers are called; default residuals. */
  beside?: "residuals" | "logits";
  /** n, where another argument says it. */
  examples?: number | undefined;
}

/** How numbers beside the matrix are called in a line of NumPy. */
const symbols = { residuals: "r", logits: "f" } as const;

const show = (shape: readonly number[]): string => `[${shape.join(", ")}]`;
const mismatch = (argument: string, problem: string, advice?: string): AnalysisError =>
  new AnalysisError("SHAPE_MISMATCH", argument, problem, advice);
const nouns = { gram: "the Gram matrix", jacobian: "the Jacobian" } as const;
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * n and C of a Jacobian `[n, P]`, `[nC, P]` or `[n, C, P]` and its residuals.
 *
 * @throws AnalysisError SHAPE_MISMATCH.
 */
export function jacobianLayout(shape: readonly number[], given: Given): Layout {
  if (shape.length !== 2 && shape.length !== 3)
    throw mismatch(
      "jacobian",
      `expected shape [n, P], [nC, P] or [n, C, P], got ${show(shape)}`,
      "flatten the parameters into one last axis",
    );
  expectNumbers({ jacobian: shape, residuals: given.residuals });
  if (shape.length === 3) {
    const [examples, outputs] = shape as [number, number];
    return explicit("jacobian", shape, { examples, outputs }, given, {
      swapped: "the outputs of a Jacobian come second: pass J.transpose(1, 0, 2)",
      other: `if the last axes are those of a parameter, flatten them: J.reshape(${examples}, -1)`,
    });
  }
  return flat("jacobian", shape, shape[0]!, given);
}

/**
 * n and C of a Gram matrix `[nC, nC]` or `[n, n, C, C]` and its residuals.
 *
 * @throws AnalysisError SHAPE_MISMATCH.
 */
export function gramLayout(shape: readonly number[], given: Given): Layout {
  expectNumbers({ gram: shape, residuals: given.residuals });
  if (shape.length === 4) {
    const [a, b, c, d] = shape as [number, number, number, number];
    const kernel = a === b && c === d;
    const rows = a === c && b === d;
    if (kernel && rows && a > 1)
      throw mismatch(
        "gram",
        `shape ${show(shape)} may be [n, n, C, C] or [n, C, n, C]`,
        `pass it as [${a * b}, ${a * b}], row i·C + c for output c of example i: of the first K.transpose(0, 2, 1, 3).reshape(${a * b}, -1), of the second K.reshape(${a * b}, -1)`,
      );
    if (!kernel && !rows)
      throw mismatch("gram", `expected shape [nC, nC], [n, n, C, C] or [n, C, n, C], got ${show(shape)}`);
    const [examples, outputs] = kernel ? [a, c] : [a, b];
    const layout = explicit("gram", shape, { examples, outputs }, given, {
      swapped: kernel
        ? "the examples of a kernel come first: pass K.transpose(2, 3, 0, 1)"
        : "the examples of a Gram matrix come first: pass K.transpose(1, 0, 3, 2)",
      other: undefined,
    });
    return {
      ...layout,
      kernelAxes: kernel,
      notes: [
        { argument: "gram", text: `shape ${show(shape)} is taken as ${kernel ? "[n, n, C, C]" : "[n, C, n, C]"}` },
      ],
    };
  }
  if (shape.length !== 2 || shape[0] !== shape[1])
    throw mismatch("gram", `expected shape [nC, nC] or [n, n, C, C], got ${show(shape)}`);
  return flat("gram", shape, shape[0]!, given);
}

/** Refuses arrays without numbers. */
function expectNumbers(shapes: Record<string, readonly number[] | undefined>): void {
  for (const [argument, shape] of Object.entries(shapes))
    if (shape !== undefined && product(shape) === 0)
      throw mismatch(argument, `expected at least one number, got shape ${show(shape)}`);
}

/** Where the matrix itself says n and C, everything else must agree. */
function explicit(
  argument: "gram" | "jacobian",
  shape: readonly number[],
  { examples, outputs }: { examples: number; outputs: number },
  { residuals, outputs: asked, beside = "residuals" }: Given,
  advice: { swapped: string; other: string | undefined },
): Layout {
  if (asked !== undefined && asked !== outputs)
    throw mismatch("outputs", `${nouns[argument]} of shape ${show(shape)} has ${outputs} per example, got ${asked}`);
  const layout: Layout = { examples, outputs, kernelAxes: false, notes: [] };
  if (residuals === undefined) return layout;
  const [first, second] = residuals;
  if (residuals.length === 2 && first === examples && second === outputs) return layout;
  if (residuals.length === 1 && first === examples * outputs) return layout;
  const pair = `shape ${show(shape)} has n = ${examples}, C = ${outputs}, and ${beside} of shape ${show(residuals)}`;
  if (residuals.length === 2 && first === outputs && second === examples)
    throw mismatch(
      argument,
      `${pair} have n = ${first}, C = ${second}: one of the two is transposed`,
      `${beside} are [n, C]: pass ${symbols[beside]}.T; or ${advice.swapped}`,
    );
  throw mismatch(
    argument,
    `${pair} do not fit: expected [${examples}, ${outputs}] or [${examples * outputs}]`,
    advice.other,
  );
}

/** Where the matrix has nC rows, the residuals or the caller say C, else it is taken as 1. */
function flat(argument: "gram" | "jacobian", shape: readonly number[], rows: number, given: Given): Layout {
  const { residuals, outputs: asked } = given;
  if (asked !== undefined && rows % asked !== 0)
    throw mismatch(
      "outputs",
      `${nouns[argument]} of shape ${show(shape)} has ${rows} rows, not a multiple of ${asked}`,
    );
  if (residuals !== undefined) expectResiduals(argument, shape, rows, residuals, given);
  const told = residuals?.length === 2 && residuals[1] !== 1 ? residuals[1] : undefined;
  const outputs = asked ?? told ?? 1;
  const open = asked === undefined && (residuals === undefined || residuals.length === 1);
  return {
    examples: rows / outputs,
    outputs,
    kernelAxes: false,
    notes:
      open && rows > 1 && given.examples !== rows
        ? [{ argument, text: `${rows} rows are taken as ${rows} examples with one output each`, otherwise: "outputs" }]
        : [],
  };
}

function expectResiduals(
  argument: "gram" | "jacobian",
  shape: readonly number[],
  rows: number,
  residuals: readonly number[],
  { outputs: asked, beside = "residuals", examples }: Given,
): void {
  const pair = `shape ${show(shape)} has ${rows} rows, and ${beside} have shape ${show(residuals)}`;
  if (residuals.length === 0 || residuals.length > 2 || product(residuals) !== rows) {
    const transposed = shape.length === 2 && shape[1] === product(residuals);
    throw mismatch(
      residuals.length > 2 ? beside : argument,
      `${pair}: expected [${rows}]${asked === undefined || asked === 1 ? "" : ` or [${rows / asked}, ${asked}]`}, or [n, C] with nC = ${rows}`,
      transposed && argument === "jacobian" ? "a Jacobian has one row per example and output: pass J.T" : undefined,
    );
  }
  if (residuals.length !== 2) return;
  const [n, outputs] = residuals as [number, number];
  if (asked !== undefined && outputs !== asked && outputs !== 1)
    throw mismatch("outputs", `${beside} of shape ${show(residuals)} have ${outputs} per example, got ${asked}`);
  // Fewer examples than outputs: hardly ever meant, and what transposed residuals look like.
  if (asked === undefined && n < outputs && n !== examples)
    throw mismatch(
      beside,
      `shape ${show(residuals)} says ${n} example${n === 1 ? "" : "s"} with ${outputs} outputs each, while ${nouns[argument]} has ${rows} rows`,
      `if they are transposed, pass ${symbols[beside]}.T; if not, set \`outputs\` to ${outputs}`,
    );
}

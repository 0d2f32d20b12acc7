import { broadcast_util, util, type TensorInfo } from "@tensorflow/tfjs-core";
import { partialKernel, type KernelCall, type WasmKernel } from "../kernel.js";
import { multiply } from "../multiply.js";
import type { Runtime } from "../runtime.js";
import { canFinish, finishFused } from "./fused.js";

/** From this many columns on, a first factor that lies transposed is turned: its own order would miss the cache. */
const MANY_COLUMNS = 32;
/** Up to this many rows it is cheaper to turn the whole product around than to transpose its second factor. */
const FEW_ROWS = 8;

interface Transposes {
  transposeA?: boolean;
  transposeB?: boolean;
}

/** Lends a transposed copy of the matrix `[rows, columns]` at `from`. */
const turning = (runtime: Runtime, from: number, rows: number, columns: number, use: (turned: number) => void): void =>
  runtime.scratch(4 * rows * columns, (turned) => {
    runtime.transpose(from, turned, 1, rows, columns);
    use(turned);
  });

/** `c [rows, columns] = op(a) · op(b)` of matrices at addresses. */
function multiplyAny(
  runtime: Runtime,
  a: number,
  b: number,
  c: number,
  { rows, columns, depth }: { rows: number; columns: number; depth: number },
  { transposeA = false, transposeB = false }: Transposes,
): void {
  const first = transposeA ? { a, aRow: 4, aDepth: 4 * rows } : { a, aRow: 4 * depth, aDepth: 4 };
  // cᵀ = op(b)ᵀ op(a)ᵀ, whose first factor is b as it lies in memory.
  const swapped = (aTurned: number, cTurned: number): void => {
    const factors = { a: b, aRow: 4 * depth, aDepth: 4, b: aTurned, c: cTurned };
    multiply(runtime, { ...factors, rows: columns, columns: rows, depth });
  };
  const swappedInto = (aTurned: number): void =>
    runtime.scratch(4 * rows * columns, (cTurned) => {
      swapped(aTurned, cTurned);
      runtime.transpose(cTurned, c, 1, columns, rows);
    });

  if (!transposeB && transposeA && columns >= MANY_COLUMNS) {
    turning(runtime, a, depth, rows, (turned) => {
      multiply(runtime, { a: turned, aRow: 4 * depth, aDepth: 4, b, c, rows, columns, depth });
    });
  } else if (!transposeB) multiply(runtime, { ...first, b, c, rows, columns, depth });
  else if (rows === 1) swapped(a, c);
  else if (transposeA) swappedInto(a);
  else if (rows <= FEW_ROWS) turning(runtime, a, rows, depth, swappedInto);
  else {
    turning(runtime, b, columns, depth, (turned) =>
      multiply(runtime, { ...first, b: turned, c, rows, columns, depth }),
    );
  }
}

/** The product of the last two axes, for every index of the others; these are broadcast. */
function batchedProduct(
  kernel: string,
  runtime: Runtime,
  a: TensorInfo,
  b: TensorInfo,
  transposes: Transposes,
): TensorInfo {
  const { transposeA = false, transposeB = false } = transposes;
  const matrixOf = (shape: number[], turned: boolean): [number, number] => {
    const [rows, columns] = shape.slice(-2) as [number, number];
    return turned ? [columns, rows] : [rows, columns];
  };
  const [rows, depth] = matrixOf(a.shape, transposeA);
  const [innerB, columns] = matrixOf(b.shape, transposeB);
  util.assert(
    depth === innerB,
    () =>
      `${kernel}: expected inner sizes to agree, got ${depth} and ${innerB} in shapes [${a.shape.join(", ")}] and ` +
      `[${b.shape.join(", ")}], transposeA ${transposeA}, transposeB ${transposeB}`,
  );
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const output = runtime.output([...batch, rows, columns]);
  const addresses = { a: runtime.address(a), b: runtime.address(b), c: runtime.address(output) };
  const count = util.sizeFromShape(batch);
  if (util.sizeFromShape(batchB) === 1 && util.sizeFromShape(batchA) === count && (!transposeA || count === 1)) {
    // One second factor for all: the first ones stack to one tall matrix.
    multiplyAny(runtime, addresses.a, addresses.b, addresses.c, { rows: count * rows, columns, depth }, transposes);
    return output;
  }
  const [indexA, indexB] = [broadcastIndex(batchA, batch), broadcastIndex(batchB, batch)];
  for (let i = 0; i < count; i++) {
    multiplyAny(
      runtime,
      addresses.a + 4 * rows * depth * indexA(i),
      addresses.b + 4 * depth * columns * indexB(i),
      addresses.c + 4 * rows * columns * i,
      { rows, columns, depth },
      transposes,
    );
  }
  return output;
}

/** Maps an index into the broadcast shape to the index into one that was broadcast. */
function broadcastIndex(shape: number[], broadcast: number[]): (index: number) => number {
  if (util.arraysEqual(shape, broadcast)) return (index) => index;
  const padded = [...new Array<number>(broadcast.length - shape.length).fill(1), ...shape];
  return (index) => {
    let rest = index;
    let stride = 1;
    let result = 0;
    for (let axis = broadcast.length - 1; axis >= 0; axis--) {
      const size = broadcast[axis]!;
      if (padded[axis] !== 1) result += (rest % size) * stride;
      stride *= padded[axis]!;
      rest = Math.floor(rest / size);
    }
    return result;
  };
}

const areFloats = ({ inputs: { a, b } }: { inputs: Record<"a" | "b", TensorInfo> }): boolean =>
  a.dtype === "float32" && b.dtype === "float32";

const batchMatMul = partialKernel<"a" | "b", Transposes>(
  "BatchMatMul",
  areFloats,
  ({ inputs: { a, b }, attrs, runtime }) => batchedProduct("BatchMatMul", runtime, a, b, attrs),
);

interface Fused extends Transposes {
  activation?: string;
  leakyreluAlpha?: number;
}
type FusedInputs = Record<"a" | "b", TensorInfo> & Partial<Record<"bias" | "preluActivationWeights", TensorInfo>>;

const fusedMatMul = partialKernel<"a" | "b", Fused>(
  "_FusedMatMul",
  (call) => {
    const { a, b, bias } = call.inputs as FusedInputs;
    const columns = call.attrs.transposeB === true ? b.shape.at(-2)! : b.shape.at(-1)!;
    return areFloats({ inputs: { a, b } }) && canFinish(bias, columns, call.attrs.activation);
  },
  (call: KernelCall<"a" | "b", Fused>) => {
    const { a, b, bias } = call.inputs as FusedInputs;
    const output = batchedProduct("_FusedMatMul", call.runtime, a, b, call.attrs);
    return finishFused(call, output, bias, call.attrs.activation);
  },
);

export const matrixKernels: WasmKernel[] = [batchMatMul, fusedMatMul];

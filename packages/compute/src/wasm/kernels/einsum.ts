import { util, type TensorInfo } from "@tensorflow/tfjs-core";
import { callKernel, wasmKernel, type KernelCall, type WasmKernel } from "../kernel.js";

interface Labelled {
  tensor: TensorInfo;
  /** One letter per axis. */
  labels: string[];
}
type Call = KernelCall<string, { equation: string }>;

/** Frees a tensor unless the caller of the kernel owns it. */
function release({ inputs, runtime }: Call, { tensor }: Labelled): void {
  if (!Object.values(inputs).includes(tensor)) runtime.dispose(tensor);
}

/** Sums over the labels that are not in `wanted`. */
function sumOut(call: Call, term: Labelled, wanted: ReadonlySet<string>): Labelled {
  const axis = term.labels.flatMap((label, index) => (wanted.has(label) ? [] : [index]));
  if (axis.length === 0) return term;
  const tensor = callKernel(call, "Sum", { x: term.tensor }, { axis, keepDims: false });
  release(call, term);
  return { tensor, labels: term.labels.filter((label) => wanted.has(label)) };
}

/** Puts the axes in the order of `labels`. */
function arrange(call: Call, term: Labelled, labels: string[]): Labelled {
  if (term.labels.join("") === labels.join("")) return term;
  const perm = labels.map((label) => term.labels.indexOf(label));
  const tensor = callKernel(call, "Transpose", { x: term.tensor }, { perm });
  release(call, term);
  return { tensor, labels };
}

/**
 * Sums of products over labelled axes, by one batched matrix product: sums over axes of one factor alone come first,
 * then axes are sorted into batch, rows, depth and columns.
 */
const einsum = wasmKernel<string, { equation: string }>("Einsum", (call) => {
  const { inputs, attrs, runtime } = call;
  const [left = "", right = ""] = attrs.equation.replace(/\s/g, "").split("->");
  const output = Array.from(right);
  const terms = left.split(",").map((term, index): Labelled => ({ tensor: inputs[index]!, labels: Array.from(term) }));
  const result = terms.length === 1 ? sumOut(call, terms[0]!, new Set(output)) : product(call, terms, output);
  const arranged = arrange(call, result, output);
  return Object.values(inputs).includes(arranged.tensor) ? runtime.share(arranged.tensor) : arranged.tensor;
});

function product(call: Call, [first, second]: Labelled[], output: string[]): Labelled {
  const { runtime } = call;
  const a = sumOut(call, first!, new Set([...second!.labels, ...output]));
  const b = sumOut(call, second!, new Set([...a.labels, ...output]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => output.includes(label));
  const depth = shared.filter((label) => !output.includes(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));

  const aSorted = arrange(call, a, [...batch, ...rows, ...depth]);
  const bSorted = arrange(call, b, [...batch, ...depth, ...columns]);
  const sizes = new Map(
    [aSorted, bSorted].flatMap(({ tensor, labels }) => labels.map((label, i) => [label, tensor.shape[i]!])),
  );
  const sizesOf = (labels: string[]): number[] => labels.map((label) => sizes.get(label)!);
  const size = (labels: string[]): number => util.sizeFromShape(sizesOf(labels));
  const views = {
    a: runtime.share(aSorted.tensor, [size(batch), size(rows), size(depth)]),
    b: runtime.share(bSorted.tensor, [size(batch), size(depth), size(columns)]),
  };
  const flat = callKernel(call, "BatchMatMul", views, { transposeA: false, transposeB: false });
  runtime.dispose(views.a);
  runtime.dispose(views.b);
  release(call, aSorted);
  release(call, bSorted);
  const labels = [...batch, ...rows, ...columns];
  return { tensor: { ...flat, shape: sizesOf(labels) }, labels };
}

export const einsumKernels: WasmKernel[] = [einsum];

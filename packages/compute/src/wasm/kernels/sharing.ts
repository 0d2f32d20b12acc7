import type { DataType } from "@tensorflow/tfjs-core";
import { partialKernel, type WasmKernel } from "../kernel.js";

/** A clone is a second name for the same numbers: tensors are immutable and the backend counts references. */
const identity = partialKernel<"x">(
  "Identity",
  ({ inputs: { x } }) => x.dtype !== "string",
  ({ inputs: { x }, runtime }) => runtime.share(x),
);

/** A cast to the same type copies nothing; a cast to bool tests for "not zero" instead of truncating decimals. */
const cast = partialKernel<"x", { dtype: DataType }>(
  "Cast",
  ({ inputs: { x }, attrs: { dtype } }) => x.dtype === dtype || (dtype === "bool" && x.dtype === "float32"),
  ({ inputs: { x }, attrs: { dtype }, runtime }) => {
    if (x.dtype === dtype) return runtime.share(x);
    const output = runtime.output(x.shape, "bool");
    const from = runtime.view(x);
    const to = runtime.view(output);
    for (let i = 0; i < to.length; i++) to[i] = from[i] === 0 ? 0 : 1;
    return output;
  },
);

export const sharingKernels: WasmKernel[] = [identity, cast];

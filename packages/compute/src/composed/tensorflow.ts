import { util, type KernelFunc, type Tensor, type TensorInfo } from "@tensorflow/tfjs-core";
import type { ComposedKernel } from "./kernel.js";
import { RELU_GRAD } from "./relu-gradient.js";

/** The backend of `@tensorflow/tfjs-node`, as far as kernels here call it. */
interface NativeBackend {
  binding: Record<"TF_ATTR_TYPE" | "TF_FLOAT", number>;
  incRef(data: object): void;
  executeSingleOutput(operation: string, attributes: object[], inputs: TensorInfo[]): Tensor;
}

/** One sweep over memory instead of five. */
const reluGrad: ComposedKernel = {
  name: RELU_GRAD,
  create: () => (given) => {
    const { dy, x } = given.inputs as Record<"dy" | "x", TensorInfo>;
    const backend = given.backend as NativeBackend;
    const type = { name: "T", type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT };
    return backend.executeSingleOutput("ReluGrad", [type], [dy, x]);
  },
};

/** Where nothing changes, the result is a second name for the same numbers: tensors are immutable and the backend counts references. */
const sharing = (
  name: string,
  changesNothing: (x: TensorInfo, attrs: Parameters<KernelFunc>[0]["attrs"]) => boolean,
): ComposedKernel => ({
  name,
  create: (original) => (given) => {
    const { x } = given.inputs as Record<"x", TensorInfo>;
    if (!changesNothing(x, given.attrs)) return original!(given);
    (given.backend as NativeBackend).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
});

/** Kernels for which TensorFlow has a faster operation, or that need none. */
export const tensorFlowKernels: ComposedKernel[] = [
  reluGrad,
  sharing("Cast", ({ dtype }, attrs) => dtype === attrs!["dtype"]),
  sharing("Reshape", ({ shape }, attrs) => util.arraysEqual(shape, attrs!["shape"] as number[])),
];

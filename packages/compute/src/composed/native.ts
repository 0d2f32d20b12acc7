import type * as tf from "@tensorflow/tfjs";
import type { ComposedKernel } from "./kernel.js";

/** An attribute of an operation of TensorFlow; its type is one of the numbers of the binding. */
interface Attribute {
  name: string;
  type: number;
  value: Value;
}
type Value = number | boolean | string | number[];

/** The backend of `@tensorflow/tfjs-node`, as far as kernels here call it. */
interface NativeBackend {
  binding: Record<"TF_ATTR_TYPE" | "TF_ATTR_BOOL" | "TF_ATTR_STRING" | "TF_ATTR_INT" | "TF_FLOAT", number>;
  isUsingGpuDevice: boolean;
  incRef(data: object): void;
  executeSingleOutput(operation: string, attributes: Attribute[], inputs: tf.TensorInfo[]): tf.Tensor;
}

/** A call of a kernel that is one operation of TensorFlow on float32, or none. */
export interface NativeCall<Inputs extends string, Attributes> {
  inputs: Record<Inputs, tf.TensorInfo>;
  attrs: Attributes;
  onGpu: boolean;
  /** Runs an operation of TensorFlow by its name there; attributes named in `types` are float32. */
  execute: (
    operation: string,
    inputs: tf.TensorInfo[],
    attributes?: Record<string, Value>,
    types?: string[],
  ) => tf.TensorInfo;
  /** A second name for the same numbers: tensors are immutable and the backend counts references. */
  share: (x: tf.TensorInfo) => tf.TensorInfo;
}

/**
 * Declares a kernel of the tensorflow backend for the cases where `applies`; the others go to the kernel that it replaces, and from then
 * on all of them if TensorFlow refuses a case which that kernel computes: an older one may lack the operation.
 */
export const nativeKernel = <Inputs extends string, Attributes extends object = object>(
  name: string,
  applies: (call: NativeCall<Inputs, Attributes>) => boolean,
  run: (call: NativeCall<Inputs, Attributes>) => tf.TensorInfo,
): ComposedKernel => ({
  name,
  create: (original) => {
    let isRefused = false;
    return (given) => {
      const call = callOf<Inputs, Attributes>(given);
      if (original === undefined) return run(call);
      if (isRefused || !applies(call)) return original(given);
      try {
        return run(call);
      } catch {
        const output = original(given);
        isRefused = true;
        return output;
      }
    };
  },
});

function callOf<Inputs extends string, Attributes>(
  given: Parameters<tf.KernelFunc>[0],
): NativeCall<Inputs, Attributes> {
  const backend = given.backend as NativeBackend;
  return {
    inputs: given.inputs as Record<Inputs, tf.TensorInfo>,
    attrs: given.attrs as unknown as Attributes,
    onGpu: backend.isUsingGpuDevice,
    execute: (operation, inputs, attributes = {}, types = ["T"]) =>
      backend.executeSingleOutput(operation, attributesOf(backend, attributes, types), inputs),
    share: ({ dataId, shape, dtype }) => {
      backend.incRef(dataId);
      return { dataId, shape, dtype };
    },
  };
}

function attributesOf({ binding }: NativeBackend, given: Record<string, Value>, types: string[]): Attribute[] {
  const attributes = types.map((name): Attribute => ({ name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }));
  for (const [name, value] of Object.entries(given)) {
    const type =
      typeof value === "boolean"
        ? binding.TF_ATTR_BOOL
        : typeof value === "string"
          ? binding.TF_ATTR_STRING
          : binding.TF_ATTR_INT;
    attributes.push({ name, type, value });
  }
  return attributes;
}

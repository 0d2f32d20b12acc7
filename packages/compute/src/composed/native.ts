import type * as tf from "@tensorflow/tfjs";
import type { ComposedKernel } from "./kernel.js";

/** An attribute of an operation of TensorFlow; its type is one of the numbers of the binding. */
interface Attribute {
  name: string;
  type: number;
  value: number | boolean | string;
}

/** The backend of `@tensorflow/tfjs-node`, as far as kernels here call it. */
interface NativeBackend {
  binding: Record<"TF_ATTR_TYPE" | "TF_ATTR_BOOL" | "TF_ATTR_STRING" | "TF_FLOAT", number>;
  incRef(data: object): void;
  executeSingleOutput(operation: string, attributes: Attribute[], inputs: tf.TensorInfo[]): tf.Tensor;
}

/** A call of a kernel that is one operation of TensorFlow on float32, or none. */
export interface NativeCall<Inputs extends string, Attributes> {
  inputs: Record<Inputs, tf.TensorInfo>;
  attrs: Attributes;
  /** Runs an operation of TensorFlow by its name there; `T` is float32. */
  execute: (operation: string, inputs: tf.TensorInfo[], attributes?: Record<string, boolean | string>) => tf.TensorInfo;
  /** A second name for the same numbers: tensors are immutable and the backend counts references. */
  share: (x: tf.TensorInfo) => tf.TensorInfo;
}

/** Declares a kernel of the tensorflow backend for the cases where `applies`; the others go to the kernel that it replaces. */
export const nativeKernel = <Inputs extends string, Attributes extends object = object>(
  name: string,
  applies: (inputs: Record<Inputs, tf.TensorInfo>, attrs: Attributes) => boolean,
  run: (call: NativeCall<Inputs, Attributes>) => tf.TensorInfo,
): ComposedKernel => ({
  name,
  create: (original) => (given) => {
    const inputs = given.inputs as Record<Inputs, tf.TensorInfo>;
    const attrs = given.attrs as unknown as Attributes;
    if (original !== undefined && !applies(inputs, attrs)) return original(given);
    const backend = given.backend as NativeBackend;
    return run({
      inputs,
      attrs,
      execute: (operation, operands, attributes = {}) =>
        backend.executeSingleOutput(operation, attributesOf(backend, attributes), operands),
      share: ({ dataId, shape, dtype }) => {
        backend.incRef(dataId);
        return { dataId, shape, dtype };
      },
    });
  },
});

function attributesOf({ binding }: NativeBackend, given: Record<string, boolean | string>): Attribute[] {
  const attributes: Attribute[] = [{ name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }];
  for (const [name, value] of Object.entries(given))
    attributes.push({ name, type: typeof value === "boolean" ? binding.TF_ATTR_BOOL : binding.TF_ATTR_STRING, value });
  return attributes;
}

import * as tf from "@tensorflow/tfjs-core";

/** A kernel of a backend, replaced or added. */
export interface ComposedKernel {
  name: string;
  /** Builds the kernel function, given the one that was registered before, if any. */
  create: (original: tf.KernelFunc | undefined) => tf.KernelFunc;
}

/** A call of a kernel that is composed of others. */
export interface ComposedCall<Inputs extends string, Attributes> {
  inputs: Record<Inputs, tf.Tensor>;
  attrs: Attributes;
  /** Runs the kernel that was replaced. */
  original: (inputs: Partial<Record<Inputs, tf.Tensor>>, attrs: Attributes) => tf.Tensor;
}

/**
 * Declares a kernel composed of others, to replace one where it fails or is wrong.
 *
 * @param applies - Whether a call needs the replacement; all others go to the original.
 * @param run - Tensors made in it are disposed, except the result.
 */
export const composedKernel = <Inputs extends string, Attributes extends object = object>(
  name: string,
  applies: (inputs: Record<Inputs, tf.Tensor>, attrs: Attributes) => boolean,
  run: (call: ComposedCall<Inputs, Attributes>) => tf.Tensor,
): ComposedKernel => ({
  name,
  create: (kernelFunc) => (given) => {
    const inputs = given.inputs as Record<Inputs, tf.Tensor>;
    const attrs = given.attrs as unknown as Attributes;
    if (!applies(inputs, attrs)) return kernelFunc!(given);
    const original = (others: object, otherAttrs: object): tf.Tensor => {
      const output = kernelFunc!({
        inputs: others as tf.NamedTensorInfoMap,
        attrs: otherAttrs as tf.NamedAttrMap,
        backend: given.backend,
      }) as tf.TensorInfo;
      return output instanceof tf.Tensor ? (output as tf.Tensor) : tf.engine().makeTensorFromTensorInfo(output);
    };
    return tf.tidy(() => run({ inputs, attrs, original }));
  },
});

/** The parts of the kernel functions registered here, innermost first. */
const made = new WeakMap<tf.KernelFunc, readonly ComposedKernel[]>();

/**
 * Registers kernels for a backend, several of one name around each other, the last outermost; calling it again does no harm.
 *
 * @returns The names of all kernels registered here for this backend, these and those of earlier calls.
 */
export function installComposedKernels(backendName: string, kernels: ComposedKernel[]): string[] {
  for (const kernel of kernels) {
    const { name } = kernel;
    const existing = tf.getKernel(name, backendName) as tf.KernelConfig | undefined;
    const before = (existing && made.get(existing.kernelFunc)) ?? [];
    if (before.includes(kernel)) continue;
    const kernelFunc = kernel.create(existing?.kernelFunc);
    made.set(kernelFunc, [...before, kernel]);
    if (existing !== undefined) tf.unregisterKernel(name, backendName);
    tf.registerKernel({ ...existing, kernelName: name, backendName, kernelFunc });
  }
  return tf
    .getKernelsForBackend(backendName)
    .filter(({ kernelFunc }) => made.has(kernelFunc))
    .map(({ kernelName }) => kernelName);
}

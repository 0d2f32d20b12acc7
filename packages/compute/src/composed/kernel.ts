import * as tf from "@tensorflow/tfjs";

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
 * Declares a kernel composed of others, to be replaced where it fails or errs.
 *
 * @param applies - Whether a call needs the replacement; all others go to the original.
 * @param run - Tensors made in it are disposed but for the result.
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

/** Kernel functions registered here, to know them again. */
const installed = new WeakSet<tf.KernelFunc>();

/**
 * Registers kernels for a backend, each made of all replacements of its name, the last outermost; more than once does no harm.
 *
 * @returns The names of all kernels registered here for this backend, these and those of earlier calls.
 */
export function installComposedKernels(backendName: string, kernels: ComposedKernel[]): string[] {
  for (const name of new Set(kernels.map((kernel) => kernel.name))) {
    const existing = tf.getKernel(name, backendName) as tf.KernelConfig | undefined;
    if (existing !== undefined && installed.has(existing.kernelFunc)) continue;
    const kernelFunc = kernels
      .filter((kernel) => kernel.name === name)
      .reduce<tf.KernelFunc | undefined>((original, { create }) => create(original), existing?.kernelFunc)!;
    installed.add(kernelFunc);
    if (existing !== undefined) tf.unregisterKernel(name, backendName);
    tf.registerKernel({ ...existing, kernelName: name, backendName, kernelFunc });
  }
  return tf
    .getKernelsForBackend(backendName)
    .filter(({ kernelFunc }) => installed.has(kernelFunc))
    .map(({ kernelName }) => kernelName);
}

import * as tf from "@tensorflow/tfjs";

/** A call of a kernel that is composed of others. */
export interface ComposedCall<Inputs extends string, Attributes> {
  inputs: Record<Inputs, tf.Tensor>;
  attrs: Attributes;
  /** Runs the kernel that was replaced. */
  original: (inputs: Partial<Record<Inputs, tf.Tensor>>, attrs: Attributes) => tf.Tensor;
}

/** A kernel to be replaced where it fails or errs. */
export interface ComposedKernel {
  name: string;
  /** Whether a call needs the replacement; all others go to the original. */
  applies: (inputs: Record<string, tf.Tensor>, attrs: object) => boolean;
  run: (call: ComposedCall<string, object>) => tf.Tensor;
}

/** Declares a kernel composed of others; tensors made in `run` are disposed but for the result. */
export const composedKernel = <Inputs extends string, Attributes extends object = object>(
  name: string,
  applies: (inputs: Record<Inputs, tf.Tensor>, attrs: Attributes) => boolean,
  run: (call: ComposedCall<Inputs, Attributes>) => tf.Tensor,
): ComposedKernel => ({ name, applies, run }) as unknown as ComposedKernel;

/** Kernel functions registered here, to know them again. */
const installed = new WeakSet<tf.KernelFunc>();

/** Replaces kernels of a backend, each by all replacements of its name, the last outermost; more than once does no harm. */
export function installComposedKernels(backendName: string, kernels: ComposedKernel[]): string[] {
  const names = [...new Set(kernels.map(({ name }) => name))];
  for (const name of names) {
    const existing = tf.getKernel(name, backendName);
    if (installed.has(existing.kernelFunc)) continue;
    const kernelFunc = kernels
      .filter((kernel) => kernel.name === name)
      .reduce<tf.KernelFunc>((original, kernel) => composed(kernel, original), existing.kernelFunc);
    installed.add(kernelFunc);
    tf.unregisterKernel(name, backendName);
    tf.registerKernel({ ...existing, kernelFunc });
  }
  return names;
}

function composed({ applies, run }: ComposedKernel, kernelFunc: tf.KernelFunc): tf.KernelFunc {
  return (given) => {
    const inputs = given.inputs as Record<string, tf.Tensor>;
    const attrs = given.attrs as object;
    if (!applies(inputs, attrs)) return kernelFunc(given);
    const original = (others: object, otherAttrs: object): tf.Tensor => {
      const output = kernelFunc({
        inputs: others as tf.NamedTensorInfoMap,
        attrs: otherAttrs as tf.NamedAttrMap,
        backend: given.backend,
      }) as tf.TensorInfo;
      return output instanceof tf.Tensor ? (output as tf.Tensor) : tf.engine().makeTensorFromTensorInfo(output);
    };
    return tf.tidy(() => run({ inputs, attrs, original }));
  };
}

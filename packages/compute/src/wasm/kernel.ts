import { getKernel, type KernelFunc, type NamedAttrMap, type TensorInfo } from "@tensorflow/tfjs-core";
import { runtimeOf, type Runtime } from "./runtime.js";

/** The arguments of a kernel: tensors and attributes by name, and the runtime of its backend. */
export interface KernelCall<Inputs extends string, Attributes> {
  inputs: Record<Inputs, TensorInfo>;
  attrs: Attributes;
  runtime: Runtime;
  backend: object;
}

/** A kernel for wasm, typed; `original` is the one it replaces, to fall back on. */
export interface WasmKernel {
  name: string;
  /** Builds the kernel function, given the one that was registered before, if any. */
  create: (original: KernelFunc | undefined) => KernelFunc;
}

/** Declares a kernel that handles every case. */
export function wasmKernel<Inputs extends string, Attributes = object>(
  name: string,
  run: (call: KernelCall<Inputs, Attributes>) => TensorInfo,
): WasmKernel {
  return partialKernel<Inputs, Attributes>(name, () => true, run);
}

/** Declares a kernel for the cases where `applies`; the others go to the kernel that it replaces. */
export function partialKernel<Inputs extends string, Attributes = object>(
  name: string,
  applies: (call: KernelCall<Inputs, Attributes>) => boolean,
  run: (call: KernelCall<Inputs, Attributes>) => TensorInfo,
): WasmKernel {
  return {
    name,
    create: (original) => (parameters) => {
      const call = {
        inputs: parameters.inputs as Record<Inputs, TensorInfo>,
        attrs: (parameters.attrs ?? {}) as unknown as Attributes,
        runtime: runtimeOf(parameters.backend),
        backend: parameters.backend,
      };
      if (original !== undefined && !applies(call)) return original(parameters);
      return run(call);
    },
  };
}

/** Runs another kernel of the backend. The caller disposes the result. */
export function callKernel(
  { backend }: { backend: object },
  name: string,
  inputs: Record<string, TensorInfo>,
  attrs: object = {},
): TensorInfo {
  const { kernelFunc } = getKernel(name, "wasm");
  return kernelFunc({ inputs, attrs: attrs as NamedAttrMap, backend }) as TensorInfo;
}

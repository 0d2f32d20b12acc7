/** Registers the kernels that the wasm backend lacks; more than once does no harm. */
export function installWasmKernels(): string[] {
  return [];
}

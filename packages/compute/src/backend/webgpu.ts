import { importByName, inNode } from "./load.js";

interface Adapter {
  info?: object;
  requestAdapterInfo?: () => Promise<object>;
}
interface Gpu {
  requestAdapter: (options?: object) => Promise<Adapter | null>;
}
interface Dawn {
  create: (options: string[]) => Gpu;
  globals: Record<string, unknown>;
}

/**
 * Adds to Node what a browser has: `navigator.gpu` and the WebGPU classes, from Dawn (the package `webgpu`).
 * Does nothing if they exist already.
 *
 * TensorFlow.js 4.22 calls `requestAdapterInfo` of adapters, which the standard has since replaced by `info`;
 * it is restored.
 */
export async function installWebGpuGlobals(dawnUrl: string): Promise<void> {
  const scope = globalThis as unknown as { navigator?: { gpu?: Gpu } };
  if (!inNode() || scope.navigator?.gpu !== undefined) return;
  const { create, globals } = (await importByName(dawnUrl)) as Dawn;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const request = gpu.requestAdapter.bind(gpu);
  const requestAdapter = async (options?: object): Promise<Adapter | null> => {
    const adapter = await request(options);
    if (adapter !== null && adapter.requestAdapterInfo === undefined) {
      adapter.requestAdapterInfo = () => Promise.resolve(adapter.info ?? {});
    }
    return adapter;
  };
  Object.defineProperty(gpu, "requestAdapter", { value: requestAdapter, configurable: true });
  if (scope.navigator === undefined) {
    Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  } else Object.defineProperty(scope.navigator, "gpu", { value: gpu, configurable: true });
}

/** Whether `navigator.gpu` finds a device to compute on. */
export async function hasWebGpuAdapter(): Promise<boolean> {
  const { navigator } = globalThis as unknown as { navigator?: { gpu?: Gpu } };
  return ((await navigator?.gpu?.requestAdapter()) ?? null) !== null;
}

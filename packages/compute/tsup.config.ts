import { fileURLToPath } from "node:url";
import type { Options } from "tsup";
import { library } from "../../tooling/tsup.js";

type EsbuildPlugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Gives the bundled gradients the engine, environment and registries of the TensorFlow.js in use, not copies of their own. */
export const oneTensorFlow: EsbuildPlugin = {
  name: "one-tensorflow",
  setup(build) {
    build.onResolve({ filter: /\/(engine|environment|kernel_registry|base)$/ }, ({ importer }) =>
      /[\\/]tfjs-core[\\/]dist[\\/]/.test(importer)
        ? { path: fileURLToPath(new URL("src/gradients/core.ts", import.meta.url)) }
        : undefined,
    );
  },
};

export default library({
  entry: {
    index: "src/index.ts",
    workers: "src/workers.ts",
    worker: "src/workers/worker.ts",
    testing: "src/testing.ts",
    gradients: "src/gradients/register.ts",
    "sgdscope-tensorflow": "src/sgdscope-tensorflow.ts",
  },
  external: [/^#/],
  noExternal: [/^@tensorflow\/tfjs-core\/dist\//],
  esbuildPlugins: [oneTensorFlow],
});

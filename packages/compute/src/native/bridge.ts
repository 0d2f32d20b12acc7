import * as tf from "@tensorflow/tfjs-core";
import { importByName, locate } from "../backend/load.js";
import { QUIET } from "./quiet-addon.js";

/*
 * `@tensorflow/tfjs-node` requires `@tensorflow/tfjs` and its core, and in a folder of its own it would get a copy of its own: a second one, whose
 * gradients overwrite those of the first. In place of these copies stand modules that hand on the one in use. Another small module
 * stands for `@mapbox/node-pre-gyp`, of which one function is called: it says where the binding lies, and loads it without a word.
 */

const KEY = "@sgdscope/compute: TensorFlow.js";

/** Where the binding lies in the package. */
export const BINDING = "lib/napi-v8/tfjs_binding.node";

/** What the native package wants of `@tensorflow/tfjs-layers`, for its progress bar, where that is not installed. */
const WITHOUT_LAYERS = { CustomCallback: Object, registerCallbackConstructor: () => undefined };

/** Lets a native package that is loaded after this use the TensorFlow.js of this program. */
export async function offerTensorFlow(): Promise<void> {
  const located = await locate("@tensorflow/tfjs-layers");
  const layers = located === undefined ? WITHOUT_LAYERS : ((await importByName(located.url)) as typeof WITHOUT_LAYERS);
  (globalThis as unknown as Record<symbol, unknown>)[Symbol.for(KEY)] = {
    ...tf,
    ...layers,
    version: { "tfjs-core": tf.version_core },
  };
}

const inUse = `const tf = globalThis[Symbol.for(${JSON.stringify(KEY)})];
if (tf === undefined) {
  throw new Error('load this package with prepareBackend("tensorflow") of @sgdscope/compute, which gives it TensorFlow.js');
}
module.exports = tf;
`;

/** The modules that stand in for dependencies: sources by package name. */
export const BRIDGES: Record<string, { version: string; source: string }> = {
  "@tensorflow/tfjs": { version: "4.22.0", source: inUse },
  "@tensorflow/tfjs-core": { version: "4.22.0", source: inUse },
  "@mapbox/node-pre-gyp": {
    version: "1.0.9",
    source: `const { dirname, join } = require("node:path");
exports.find = (manifest) => {
  const binding = join(dirname(manifest), ${JSON.stringify(BINDING)});
  const { mute, unmute } = require(join(dirname(binding), ${JSON.stringify(QUIET)}));
  if (Number(process.env.TF_CPP_MIN_LOG_LEVEL) >= 3) mute();
  try {
    require(binding);
  } finally {
    unmute();
  }
  return binding;
};
`,
  },
};

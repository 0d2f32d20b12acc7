// Registers the first derivatives of TensorFlow.js, and the methods of tensors (x.reshape(…)) that some of them call. In Node their files cannot be
// imported, being modules without extensions in a package of scripts, so the build makes one file of this (see tsup.config.ts); bundlers of
// pages take it as it is.
import "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";

import type * as tf from "@tensorflow/tfjs-core";

/** One operation as the engine of TensorFlow.js records it. */
export type TapeNode = ReturnType<typeof tf.engine>["state"]["activeTape"][number];

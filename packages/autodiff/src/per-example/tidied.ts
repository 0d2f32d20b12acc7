import * as tf from "@tensorflow/tfjs-core";

/** `tf.tidy` for any object with tensors in it: those that `body` returns are kept, all others it made are disposed. */
export const tidied = <T>(body: () => T): T => tf.tidy(body as () => tf.TensorContainer) as T;

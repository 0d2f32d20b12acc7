import * as tf from "@tensorflow/tfjs-core";
import type { JobModule } from "../../src/workers.js";

/** Setup [n, n] row-major; each input is a vector, each output the product, by the worker's own backend. */
const product: JobModule<{ size: number; matrix: Float32Array }, Float32Array | string, Float32Array> = (setup) => {
  if (setup.size === 13) throw Object.assign(new RangeError("thirteen"), { code: "UNLUCKY" });
  const matrix = tf.tensor2d(setup.matrix, [setup.size, setup.size]);
  return async (input, { progress, signal }) => {
    if (input === "die") process.kill(process.pid, "SIGKILL");
    if (input === "stop when asked")
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(Float32Array.of(-1))));
    if (input === "hang") return new Promise<never>(() => setInterval(() => undefined, 1000));
    if (typeof input === "string") throw Object.assign(new RangeError(input), { code: "REFUSED" });
    progress({ backend: tf.getBackend(), pid: process.pid });
    const result = tf.tidy(() => tf.matMul(matrix, tf.tensor2d(input, [setup.size, 1])));
    const output = Float32Array.from(await result.data());
    result.dispose();
    return output;
  };
};
export default product;

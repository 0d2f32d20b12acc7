import * as tf from "@tensorflow/tfjs";

/**
 * Keeps TensorFlow's own log lines off stderr. Must run before the native binding is loaded, which reads the
 * variable once. A value set by the user stays.
 */
export function silenceTensorFlowLogs(): void {
  if (typeof process !== "undefined" && (process.env as unknown) !== undefined) {
    process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";
  }
}

/**
 * Spends the banner that the cpu backend prints in Node on its first write.
 *
 * The backend asks `PROD` before it prints, so the first write happens under it; the flag is put back.
 */
export function silenceBanner(): void {
  const cpu = tf.findBackend("cpu") as { write?: (values: Float32Array, shape: number[], dtype: string) => object } & {
    disposeData?: (data: object, force: boolean) => boolean;
  };
  if (cpu.write === undefined || cpu.disposeData === undefined) return;
  const before = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    cpu.disposeData(cpu.write(new Float32Array(1), [1], "float32"), true);
  } finally {
    tf.env().set("PROD", before);
  }
}

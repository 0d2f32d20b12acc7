import * as tf from "@tensorflow/tfjs-core";
import { inNode } from "./load.js";

/**
 * Keeps the log lines of TensorFlow off stderr. Must run before the native binding is loaded, which reads the
 * variable once. A value set by the user stays.
 */
export function silenceTensorFlowLogs(): void {
  if (inNode()) process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";
}

/** Runs `work` while TensorFlow.js prints no remarks, through the flag `PROD`, which is then restored. */
export async function quietly<T>(work: () => T | Promise<T>): Promise<T> {
  const before = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    return await work();
  } finally {
    tf.env().set("PROD", before);
  }
}

/** Suppresses the banner that the cpu backend prints in Node on its first write. */
export async function silenceBanner(): Promise<void> {
  const cpu = tf.findBackend("cpu") as Partial<tf.KernelBackend> | null;
  await quietly(() => {
    const written = cpu?.write?.(new Float32Array(1), [1], "float32");
    if (written !== undefined) cpu?.disposeData?.(written, true);
  });
}

/**
 * Runs `start` and removes the process-wide handlers that it adds: Emscripten rethrows every uncaught error from inside
 * its one-line module, which prints about 30,000 characters of it before the stack of the user.
 */
export async function withoutNewProcessHandlers<T>(start: () => Promise<T>): Promise<T> {
  if (!inNode()) return start();
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const handlers = (event: string): unknown[] => process.listeners(event as "exit");
  const before = events.map((event) => new Set(handlers(event)));
  const result = await start();
  events.forEach((event, index) => {
    for (const handler of handlers(event)) {
      if (!before[index]!.has(handler)) process.removeListener(event, handler as () => void);
    }
  });
  return result;
}

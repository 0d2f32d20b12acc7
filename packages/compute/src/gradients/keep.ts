import * as tf from "@tensorflow/tfjs-core";

/** Every kernel that TensorFlow.js knows, by its name. */
const kernelNames = Object.values(tf as object).filter((each): each is string => typeof each === "string");

const gradientOf = (kernelName: string): tf.GradConfig | undefined => tf.getGradient(kernelName);

/**
 * Runs `load`, and puts back the gradients that it replaces: packages that stand on `@tensorflow/tfjs` register those of TensorFlow.js once
 * more, also in place of ones that can be differentiated twice.
 */
export async function keepingGradients<T>(load: () => Promise<T>): Promise<T> {
  const before = kernelNames.map(gradientOf).filter((each) => each !== undefined);
  try {
    return await load();
  } finally {
    for (const config of before) if (gradientOf(config.kernelName) !== config) tf.registerGradient(config);
  }
}

import { engine, getGradient, registerGradient as register, type GradConfig } from "@tensorflow/tfjs-core";

/*
 * What the bundled gradients get in place of the engine, the environment and the registries of TensorFlow.js: those of the one copy in use.
 */

export { backend_util, env } from "@tensorflow/tfjs-core";
export const ENGINE = engine();

/** Registers a gradient unless the kernel has one: what a program registered before stays. */
export function registerGradient(config: GradConfig): void {
  if ((getGradient(config.kernelName) as GradConfig | undefined) === undefined) register(config);
}

import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { ModelsError } from "../errors.js";

type Layers = typeof import("@tensorflow/tfjs-layers");

/**
 * Has TensorFlow.js build a model and load its weights. A failure leaves no tensor behind, and no layer allocates more numbers than
 * the file has for all of them.
 *
 * @throws What TensorFlow.js throws, and ModelsError `FILE_CONTENT` for layers that ask for more than the file has.
 */
export async function buildModel(library: Layers, artifacts: tf.io.ModelArtifacts): Promise<LayersModel> {
  const available = (artifacts.weightSpecs ?? []).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  let window: Window | undefined;
  // A timer starts with nothing else waiting to run, and TensorFlow.js builds without a pause: what is made meanwhile is its own.
  const load = (): Promise<tf.io.ModelArtifacts> =>
    new Promise((resolve) =>
      setTimeout(() => {
        window = openWindow(library, available);
        resolve(artifacts);
      }),
    );
  try {
    const model = await library.loadLayersModel({ load });
    window?.close("keep");
    return model;
  } catch (error) {
    window?.close("dispose");
    throw error;
  }
}

interface Window {
  close(made: "keep" | "dispose"): void;
}

interface LayerPrototype {
  addWeight: (this: { name: string }, name: string, shape: readonly number[], ...more: unknown[]) => unknown;
}

function openWindow(library: Layers, available: number): Window {
  const engine = tf.engine();
  const before = new Set(Object.values(engine.state.registeredVariables));
  const prototype = library.layers.Layer.prototype as unknown as LayerPrototype;
  const { addWeight } = prototype;
  let left = available;
  prototype.addWeight = function (name, shape, ...more) {
    left -= sizeOf(shape);
    if (!(left >= 0))
      throw new ModelsError(
        "FILE_CONTENT",
        `the file has ${available} weights, and layer ${this.name} asks for more: ${name} of shape [${shape.join(", ")}]`,
      );
    return addWeight.call(this, name, shape, ...more);
  };
  engine.startScope("loadLayersModel");
  return {
    close(made) {
      prototype.addWeight = addWeight;
      if (made === "keep") engine.state.activeScope.track.forEach((tensor) => engine.keep(tensor));
      engine.endScope();
      if (made === "keep") return;
      for (const variable of Object.values(engine.state.registeredVariables))
        if (!before.has(variable)) variable.dispose();
    },
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

import type * as tfjs from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../tensorflow.js";
import type { Dense } from "./reference.js";

/** One operation, its plain reference, and the inputs on which they are compared. */
export interface BackendCase {
  name: string;
  /** Shapes of the inputs. */
  shapes: number[][];
  /** Whether TensorFlow.js has a gradient for it; default true. */
  gradient?: boolean;
  /** `"positive"` inputs lie in [0.5, 2.5], `"normal"` ones are standard normal; default `"normal"`. */
  draw?: "normal" | "positive";
  operation: (tf: TensorFlow, ...inputs: tfjs.Tensor[]) => tfjs.Tensor;
  reference: (...inputs: Dense[]) => Dense;
}

import type { ModelConfig } from "@sgdscope/models-cnn";
import type { Sampling } from "@sgdscope/sgd";

/** Which images; plain JSON. */
export type DataSpec =
  | {
      kind: "cifar10";
      /** Folder of the binary batches; default: where `@sgdscope/cifar-loader` finds them. */
      directory?: string;
      /** Class indices, in the order of their targets. */
      classes: number[];
      /** The first so many records of these classes in file order. */
      count: number;
      targets: "plus-minus-one" | "one-hot";
      /** Accept files that are whole-record prefixes of the official ones. */
      allowPrefix?: boolean;
    }
  | { kind: "synthetic"; classes: number; count: number; targets: "plus-minus-one" | "one-hot"; seed: number };

/** Everything that determines one training and its measurement; plain JSON, so it travels to a worker and into a file. */
export interface MinimumTask {
  data: DataSpec;
  model: ModelConfig;
  learningRate: number;
  /** 1 … n; n means full-batch gradient descent. */
  batchSize: number;
  sampling: Sampling;
  seed: number;
  /** m ← μm + g, θ ← θ − ηm; the stability theory speaks of 0. */
  momentum: number;
  clipNorm: number;
  /** Steps over which the learning rate rises linearly from 0. */
  warmUp: number;
  maxSteps: number;
  /** Stop when the full loss is below this at a check. */
  lossBelow: number;
  /** Steps between checks of the full loss. */
  every: number;
  /** Steps at which the alignment is measured along the way; the end is always measured. */
  alignmentAt: number[];
  /** Products spent on ‖H‖_F; 0 leaves it out. */
  hessianProducts: number;
}

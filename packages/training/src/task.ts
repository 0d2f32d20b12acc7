import type { ModelConfig } from "@sgdscope/models-cnn";
import type { Activation } from "@sgdscope/models-rfm";
import type { Sampling } from "@sgdscope/sgd";
import type { ProbeId } from "./probe/numbers.js";
import type { ProbeSchedule } from "./probe/schedule.js";

/** Which images; plain JSON. */
export type DataSpec = (
  | {
      kind: "cifar10";
      /** Folder of the binary batches; default: where `@sgdscope/cifar-loader` finds them. */
      directory?: string;
      /** Class indices, in the order of their targets. */
      classes: number[];
      /** The first so many records of these classes in file order. */
      count: number;
      /** After so many others of these classes. Default 0. */
      offset?: number;
      targets: "plus-minus-one" | "one-hot";
      /** Accept files that are whole-record prefixes of the official ones. */
      allowPrefix?: boolean;
    }
  | { kind: "synthetic"; classes: number; count: number; targets: "plus-minus-one" | "one-hot"; seed: number }
) & {
  /** Replaces labels by random ones: a share (C − 1)/C of the examples gets another class each. Default: the true labels. */
  randomLabels?: { seed: number };
};

/** What a network is trained to make small. */
export type TrainingLoss = "square" | "cross-entropy" | "logistic" | "pseudo-huber";
/** How the gradient becomes a step, in PyTorch's conventions; `Optimizer` of `@sgdscope/sgd` says what each means. */
export interface OptimizerSettings {
  /** β in m ← βm + g, θ ← θ − ηm. */
  momentum: number;
  /** Nesterov's momentum. Default false. */
  nesterov?: boolean;
  /** Another rule than SGD's own with `momentum`. */
  optimizer?: "ema" | "adam" | "rmsprop" | "sam" | "ire";
  /** τ in m ← βm + (1 − τ)g. Default 0. */
  dampening?: number;
  /** γ of the coupled weight decay g + γθ. Default 0. */
  weightDecay?: number;
  /** β₁ and β₂ of Adam. */
  beta1?: number;
  beta2?: number;
  /** α of RMSprop. */
  alpha?: number;
  /** ε of Adam and RMSprop. */
  epsilon?: number;
  /** RMSprop by the variance of the gradient. Default false. */
  centered?: boolean;
  /** ρ of SAM. */
  rho?: number;
  /** How much longer the steps of IRE are along flat coordinates, and the share of coordinates that is sharp. */
  prog?: number;
  rank?: number;
}

/** How one training steps and stops, and what is measured; plain JSON. */
export interface TrainingSettings extends OptimizerSettings {
  learningRate: number;
  /** 1 … n; n means full-batch gradient descent. */
  batchSize: number;
  sampling: Sampling;
  seed: number;
  /** Default the square loss. Under the logistic one closed forms tell targets above their mean from the others. */
  loss?: TrainingLoss;
  /** ε of `cross-entropy` and `logistic`. Default 0. */
  labelSmoothing?: number;
  /** δ of `pseudo-huber`. Default 1. */
  delta?: number;
  clipNorm: number;
  /** Steps over which the learning rate rises linearly from 0. */
  warmUp: number;
  maxSteps: number;
  /** Stop when the full loss is less than this above the least that its targets allow, which is 0 but for smoothed labels, at a check. */
  lossBelow: number;
  /** Steps between checks of the full loss. */
  every: number;
  /** Steps at which the alignment is measured along the way; the end is always measured. */
  alignmentAt: number[];
  /** Products spent on ‖H‖_F; 0 leaves it out. Closed-form models have none. */
  hessianProducts: number;
  /** Whether the exact threshold is taken at the start as well. Default false. */
  startThreshold?: boolean;
  /** What is measured along the way, into the metrics; the record is the same with it and without. Default nothing. */
  probe?: ProbeSchedule & { ids: ProbeId[] };
  /** Whether thresholds and bounds are computed where it stops. Default true; without, the noise alone is measured. */
  measured?: boolean;
}

/** Everything that determines one training of a network on images and its measurement; it travels to a worker and into a file. */
export interface MinimumTask extends TrainingSettings {
  data: DataSpec;
  model: ModelConfig;
}

/** Inputs and targets made from a seed: the settings of the solvable models. */
export interface ProblemSpec {
  /** On the sphere of radius √d, standard normal, or uniform on [−1, 1]^d. */
  kind: "sphere" | "gaussian" | "cube";
  /** d. */
  inputs: number;
  /** n. */
  count: number;
  /** Three (or so many) unit vectors behind a ReLU, one unit vector, C random unit vectors, or the sum of the first coordinates. */
  teacher:
    { kind: "relu"; neurons: number } | { kind: "linear"; outputs: number } | { kind: "sparse"; coordinates: number };
  seed: number;
  /** Fresh examples on which the final model is tested; default none. */
  testCount?: number;
}

/** A model of `@sgdscope/models-rfm`, Float64; its input dimension is that of the data. */
export type ClosedFormConfig =
  | { kind: "linear" }
  | { kind: "deep-linear"; depth: number; width: number; initialScale?: number }
  | { kind: "diagonal-linear"; initialScale?: number }
  | { kind: "random-features"; features: number; activation: Activation }
  | { kind: "two-layer-relu"; width: number };

/** The training of a closed-form model, in Float64 and without TensorFlow.js; images are flattened. */
export interface ClosedFormTask extends TrainingSettings {
  data: ProblemSpec | DataSpec;
  model: ClosedFormConfig;
}

/** Any training that ends at a minimum and is measured there. */
export type TrainingTask = MinimumTask | ClosedFormTask;

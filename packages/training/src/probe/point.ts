import type { TensorOperator } from "@sgdscope/autodiff";
import type { SeededRandom } from "@sgdscope/random";
import { seededRandom } from "@sgdscope/random";
import type { StateArray } from "@sgdscope/sgd";
import type { MeasuredSystem } from "../measure.js";
import type { Subject } from "../subject.js";
import type { TrainingTask } from "../task.js";
import type { ExampleLoss } from "./example-loss.js";

/** A point of a training, with what several probes need of it, computed when first asked for. */
export interface ProbePoint {
  readonly task: TrainingTask;
  readonly subject: Subject;
  readonly step: number;
  /** Parameters and what the optimizer keeps. */
  snapshot(): Promise<Record<string, StateArray>>;
  /** K and r at this point. */
  system(): Promise<MeasuredSystem>;
  /** H over all examples. */
  hessian(): TensorOperator;
  readonly examples: ExampleLoss;
  /** A generator of this step and name, which the training does not draw from: a resumed training probes alike. */
  random(name: string): SeededRandom;
  dispose(): void;
}

/** The point where a training stands. The caller disposes it before the next step. */
export function probePoint(subject: Subject, task: TrainingTask, step: number): ProbePoint {
  let snapshot: Promise<Record<string, StateArray>> | undefined;
  let system: Promise<MeasuredSystem> | undefined;
  let hessian: TensorOperator | undefined;
  return {
    task,
    subject,
    step,
    snapshot: () => (snapshot ??= subject.trainee.snapshot()),
    system: () => (system ??= subject.system()),
    hessian: () => (hessian ??= subject.exampleLoss!.hessian()),
    get examples() {
      return subject.exampleLoss!;
    },
    random: (name) => seededRandom(task.seed).stream("along the training").stream(`${name} ${step}`),
    dispose: () => hessian?.dispose(),
  };
}

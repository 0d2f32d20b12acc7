import type { Subject } from "../subject.js";
import type { TrainingTask } from "../task.js";
import type { ProbeId, ProbeNumbers } from "./numbers.js";
import type { ProbePoint } from "./point.js";

/** One thing that is measured along a training. */
export interface Probe {
  id: ProbeId;
  /** Probes of the same name share their dearest part, and are measured together. */
  shares?: string;
  /** Whether it needs the losses of single examples, which closed forms do not give. */
  needsExamples?: true;
  /** Why it says nothing of this task at any step, where that is so. */
  none?(task: TrainingTask): string | undefined;
  /** Roughly what it costs before that was measured, in evaluations of the model on all examples. */
  passes(subject: Pick<Subject, "outputs" | "examples">, task: TrainingTask): number;
  /** Leaves everything as it is. */
  measure(point: ProbePoint): Promise<ProbeNumbers>;
}

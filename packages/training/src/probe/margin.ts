import { edgesOf, type Minimum } from "@sgdscope/analysis";
import { preconditionerOf, type StateArray } from "@sgdscope/sgd";
import { minimumReached, type MeasuredSystem } from "../measure.js";
import { frozenOptimizer, optimizerOfTask, withoutThreshold } from "../optimizer.js";
import type { Subject } from "../subject.js";
import type { TrainingTask } from "../task.js";
import type { Probe } from "./probe.js";

/**
 * The point where a training stands, as its own optimizer sees it: of Adam and RMSprop with the second moment as it stands, of IRE
 * with its mask, in the coordinates in which they step plainly.
 *
 * @param at.snapshot - Of the trainee, and `at.system` K and r, both at this step; `at.converged` whether the training met its goal there.
 * @returns Undefined where the theory has no such point: Adam, RMSprop and IRE before their first step or with weight decay, and SAM.
 */
export async function optimizerMinimum(
  subject: Subject,
  task: TrainingTask,
  {
    step,
    snapshot,
    system,
    converged = false,
  }: { step: number; snapshot: Record<string, StateArray>; system: MeasuredSystem; converged?: boolean },
): Promise<Minimum | undefined> {
  const named = { name: subject.model, precision: subject.precision };
  const plain = minimumReached(named, system, task, { steps: step, converged });
  const { unjudged, ...reached } = plain.reached!;
  if (unjudged === undefined) return plain;
  const optimizer = frozenOptimizer(task);
  const preconditioner = preconditionerOf(optimizerOfTask(task), snapshot);
  if (optimizer === undefined || preconditioner === undefined) return undefined;
  return {
    ...plain,
    system: await subject.preconditionedSystem(preconditioner),
    preconditioned: true,
    reached: { ...reached, optimizer },
  };
}

/** η* over η, with the learning rate after the warm-up. */
export const margin: Probe = {
  id: "margin",
  shares: "gram",
  none(task) {
    const optimizer = withoutThreshold(task);
    return optimizer === undefined ? undefined : `the theory does not judge ${optimizer}`;
  },
  passes: ({ outputs }) => 4 * outputs + 20,
  async measure(point) {
    const [snapshot, system] = [await point.snapshot(), await point.system()];
    const minimum = await optimizerMinimum(point.subject, point.task, { step: point.step, snapshot, system });
    return minimum === undefined ? {} : { margin: 1 / edgesOf(minimum).edgeRatio };
  },
};

import { edgeRatioOf, type Minimum } from "@sgdscope/analysis";
import type { NamedArray } from "@sgdscope/models-cnn";
import { seededRandom } from "@sgdscope/random";
import { preconditionerOf, training, warmUp, type Checkpoint } from "@sgdscope/sgd";
import { alignmentOf, frozenAt, minimumReached, summaryAt, type MeasuredSystem } from "./measure.js";
import { frozenOptimizer, optimizerOfTask, preconditionerPrefix } from "./optimizer.js";
import { probesAlong, type ProbeOptions, type ProbeSummary } from "./probe/along-training.js";
import { optimizerMinimum } from "./probe/margin.js";
import type { MetricRecord } from "./probe/numbers.js";
import type { AlignmentRecord, MinimumRecord } from "./record.js";
import { openSubject, type Subject } from "./subject.js";
import type { TrainingTask } from "./task.js";

/** What a run lets its caller see and stop. */
export interface RunHooks {
  /** Called with every check of the full loss, and what probes found there or at steps of their own. */
  progress?: (record: MetricRecord) => void;
  /** What is measured along the training; what the task asks for by default. It does not change the training. */
  probe?: ProbeOptions;
  /** Ends the training between two steps; an aborted run is checkpointed but not measured. */
  signal?: AbortSignal;
  /** Called with a checkpoint every so many steps, and once more where the run was aborted. */
  checkpoint?: { every: number; save(checkpoint: Checkpoint): Promise<void> };
  /** Continues from a checkpoint of the same task, bit for bit on the same backend. */
  resume?: Checkpoint;
}

/** A measured run and where it ended. */
export interface FinishedTask {
  record: MinimumRecord;
  /** The parameters by name, the buffers of normalisation layers, and P of Adam, RMSprop and IRE as `preconditioner/…`. */
  arrays: Record<string, NamedArray>;
  /** What the probes came to, where there were some. */
  probing: ProbeSummary | undefined;
}

/**
 * Trains one setting to a minimum and measures there. Networks use the prepared TensorFlow.js backend, closed forms none.
 *
 * Deterministic: the record but for its seconds is a function of the task and the backend.
 *
 * @throws the errors of the packages it composes; divergence is a record, not an error.
 */
export async function runMinimumTask(task: TrainingTask, hooks: RunHooks = {}): Promise<FinishedTask> {
  const subject = await openSubject(task, seededRandom(task.seed));
  try {
    const { record, probing } = await trainProbed(subject, task, hooks);
    const preconditioner = preconditionerOf(optimizerOfTask(task), await subject.trainee.snapshot()) ?? {};
    const named = Object.entries(preconditioner).map(([name, array]) => [`${preconditionerPrefix}${name}`, array]);
    return {
      record,
      probing,
      arrays: { ...(await subject.arrays()), ...(Object.fromEntries(named) as Record<string, NamedArray>) },
    };
  } finally {
    subject.dispose();
  }
}

/** The training of {@link runMinimumTask} on a subject that is open and stays open, at the minimum that was found. */
export async function trainSubject(subject: Subject, task: TrainingTask, hooks: RunHooks = {}): Promise<MinimumRecord> {
  return (await trainProbed(subject, task, hooks)).record;
}

async function trainProbed(
  subject: Subject,
  task: TrainingTask,
  hooks: RunHooks,
): Promise<Pick<FinishedTask, "record" | "probing">> {
  const start = performance.now();
  const { trainee, leastLoss } = subject;
  const lossBelow = leastLoss.loss + task.lossBelow;
  const random = seededRandom(task.seed);
  const minimumAt = (system: MeasuredSystem, steps: number, converged: boolean): Minimum =>
    minimumReached({ name: subject.model, precision: subject.precision }, system, task, { steps, converged });
  const startEdgeRatio =
    task.startThreshold === true && hooks.resume === undefined
      ? edgeRatioOf(minimumAt(await subject.system(), 0, false))
      : undefined;
  const probe = hooks.probe ?? task.probe;
  const along = probe === undefined ? undefined : probesAlong(subject, task, probe);
  const metrics = metricsOf(hooks.progress);
  let asked = false;
  const driven = await training<typeof trainee, AlignmentRecord | undefined>(trainee, {
    learningRate: task.warmUp > 0 ? warmUp(task.learningRate, task.warmUp) : task.learningRate,
    batchSize: task.batchSize,
    sampling: task.sampling,
    random: random.stream("batches"),
    optimizer: optimizerOfTask(task),
    clipNorm: task.clipNorm,
    maxSteps: task.maxSteps,
    divergedAbove: 1e6,
    stop: { lossBelow, every: task.every },
    probe: {
      at: task.alignmentAt,
      due(step, checked) {
        asked = along?.due(step, checked) === true;
        if (!asked) metrics.flush();
        return asked;
      },
      async measure(_, step, loss) {
        if (asked) {
          const known = loss ?? (await trainee.loss());
          metrics.add({ step, loss: known, ...(await along!.measure(step, known)) });
        }
        return task.alignmentAt.includes(step) ? alignmentOf(await subject.system(), step) : undefined;
      },
    },
    progress: (record) => metrics.hold(record),
    ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
    ...(hooks.checkpoint === undefined ? {} : { checkpoint: hooks.checkpoint }),
    ...(hooks.resume === undefined ? {} : { resume: hooks.resume }),
  });
  const result = await driven.run();
  if (result.reason === "aborted") await hooks.checkpoint?.save(await driven.checkpoint());
  const unmeasured = result.reason === "diverged" || result.reason === "aborted";
  const alignment = result.probes.flatMap(({ value }) => (value === undefined ? [] : [value]));
  let minimum: MinimumRecord["minimum"];
  let preconditioned: MinimumRecord["preconditioned"];
  if (!unmeasured) {
    const converged = result.loss < lossBelow;
    const system = await subject.system();
    const reached = minimumAt(system, result.steps, converged);
    if (task.measured !== false) {
      minimum = {
        ...summaryAt(reached),
        frobeniusH: await subject.frobeniusH(task.hessianProducts, random.stream("probes")),
      };
      if (frozenOptimizer(task) !== undefined) {
        const at = { step: result.steps, snapshot: await trainee.snapshot(), system, converged };
        const frozen = await optimizerMinimum(subject, task, at);
        preconditioned = frozen === undefined ? undefined : frozenAt(frozen);
      }
    }
    if (alignment.at(-1)?.step !== result.steps) alignment.push(alignmentOf(reached.system, result.steps));
  }
  const record: MinimumRecord = {
    model: subject.model,
    data: subject.data,
    parameters: subject.parameters,
    examples: subject.examples,
    outputs: subject.outputs,
    learningRate: task.learningRate,
    batchSize: task.batchSize,
    sampling: task.sampling,
    seed: task.seed,
    gradientDescent: task.batchSize === subject.examples && task.sampling === "without-replacement",
    reason: result.reason,
    steps: result.steps,
    seconds: (performance.now() - start) / 1000,
    backend: subject.backend,
    loss: result.loss,
    startEdgeRatio,
    ...(leastLoss.loss === 0 ? {} : { excessLoss: result.loss - leastLoss.loss }),
    interpolates: result.loss < lossBelow,
    minimum,
    ...(preconditioned === undefined ? {} : { preconditioned }),
    alignment,
    learned: unmeasured ? undefined : subject.learned(),
  };
  return { record, probing: along?.summary() };
}

/** Joins a checked loss with what probes find at the same step, and passes on at once what they do not wait for. */
function metricsOf(tell: RunHooks["progress"] = () => undefined): {
  hold(record: MetricRecord): void;
  add(record: MetricRecord): void;
  flush(): void;
} {
  let held: MetricRecord | undefined;
  const flush = (): void => {
    if (held !== undefined) tell(held);
    held = undefined;
  };
  return {
    hold(record) {
      held = record;
    },
    add(record) {
      held = record;
      flush();
    },
    flush,
  };
}

import { rankToleranceOf } from "@sgdscope/analysis";
import { seededRandom } from "@sgdscope/random";
import type { StateArray, Trainee } from "@sgdscope/sgd";
import { exactThreshold, prepareMinimum } from "@sgdscope/stability-criterion";
import { openSubject, trainSubject, type MinimumRecord, type Subject, type TrainingTask } from "@sgdscope/training";
import { between } from "./between.js";
import type { JobHooks } from "./job-hooks.js";
import { trainingFraction } from "./training.js";

/** Trainings from one start that differ in learning rate and batch size, and the ways from end to end. Plain JSON. */
export interface EndPointsTask {
  /** The start, the data and all else; its rate and batch size are replaced. */
  start: TrainingTask;
  settings: { learningRate: number; batchSize: number }[];
  /** Batch sizes whose η* is asked at every end. */
  batchSizes: number[];
  /** Pairs of places in `settings`: the loss is taken along the segment from one end to the other. */
  segments: [from: number, to: number][];
}

/** Where one training ended. */
export interface EndPointRecord {
  part: "end";
  model: string;
  data: string;
  examples: number;
  seed: number;
  learningRate: number;
  batchSize: number;
  /** η/η* of the Gauss–Newton model at the start; undefined where it was not asked for. */
  startEdgeRatio: number | undefined;
  reason: string;
  steps: number;
  loss: number;
  interpolates: boolean;
  /** Of the end; undefined after divergence, as all that follow. */
  traceG: number | undefined;
  frobeniusG: number | undefined;
  largestEigenvalue: number | undefined;
  edgeRatio: number | undefined;
  /** η* of other batch sizes at this end, exact. */
  thresholds: { batchSize: number; criticalLearningRate: number }[];
}

/** The loss at (1 − α)θ_from + αθ_to. */
export interface SegmentRecord {
  part: "segment";
  model: string;
  seed: number;
  from: { learningRate: number; batchSize: number };
  to: { learningRate: number; batchSize: number };
  /** ‖θ_to − θ_from‖. */
  distance: number;
  losses: { position: number; loss: number }[];
  /** The second difference of the loss along the segment at an end, with a step of a twentieth of the distance: the curvature there. */
  curvatureFrom: number;
  curvatureTo: number;
}

export type EndPointsRecord = EndPointRecord | SegmentRecord;

/** δ: how far from an end its curvature is taken, in units of the distance. */
const nearby = 0.05;

/** Half a distance beyond either end. */
const positions = Array.from({ length: 41 }, (_, k) => (k - 10) / 20);

/** @internal See `study`. */
export async function* endPointsStudy(task: EndPointsTask, hooks: JobHooks): AsyncGenerator<EndPointsRecord> {
  const { start, settings, batchSizes, segments } = task;
  const ends: (Record<string, StateArray> | undefined)[] = [];
  for (const [place, setting] of settings.entries()) {
    const own = { ...start, ...setting };
    const subject = await openSubject(own, seededRandom(start.seed));
    try {
      const found = await trainSubject(subject, own, {
        ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
        progress: ({ step, loss }) =>
          hooks.progress?.(
            (place + trainingFraction(own, step, loss)) / settings.length,
            `${subject.model}, η = ${own.learningRate}, B = ${own.batchSize}: step ${step}, loss ${loss.toExponential(1)}`,
          ),
      });
      hooks.signal?.throwIfAborted();
      ends.push(found.minimum === undefined ? undefined : await subject.trainee.snapshot());
      yield await endOf(subject, found, batchSizes);
    } finally {
      subject.dispose();
    }
  }
  const subject = await openSubject(start, seededRandom(start.seed));
  try {
    for (const [from, to] of segments) {
      const [a, b] = [ends[from], ends[to]];
      if (a === undefined || b === undefined) continue;
      yield {
        part: "segment",
        model: subject.model,
        seed: start.seed,
        from: settings[from]!,
        to: settings[to]!,
        ...(await segmentOf(subject.trainee, a, b)),
      };
    }
  } finally {
    subject.dispose();
  }
}

async function endOf(subject: Subject, found: MinimumRecord, batchSizes: number[]): Promise<EndPointRecord> {
  const { minimum } = found;
  const prepared =
    minimum === undefined
      ? undefined
      : prepareMinimum(await subject.system(), { rankTolerance: rankToleranceOf(subject) });
  return {
    part: "end",
    model: found.model,
    data: found.data,
    examples: found.examples,
    seed: found.seed,
    learningRate: found.learningRate,
    batchSize: found.batchSize,
    startEdgeRatio: found.startEdgeRatio,
    reason: found.reason,
    steps: found.steps,
    loss: found.loss,
    interpolates: found.interpolates,
    traceG: minimum?.traceG,
    frobeniusG: minimum?.frobeniusG,
    largestEigenvalue: minimum?.largestEigenvalue,
    edgeRatio: minimum?.edgeRatio,
    thresholds:
      prepared === undefined
        ? []
        : batchSizes.map((batchSize) => ({
            batchSize,
            criticalLearningRate: exactThreshold(prepared, { batchSize }).criticalLearningRate,
          })),
  };
}

async function segmentOf(
  trainee: Trainee,
  from: Record<string, StateArray>,
  to: Record<string, StateArray>,
): Promise<Pick<SegmentRecord, "distance" | "losses" | "curvatureFrom" | "curvatureTo">> {
  const lossAt = async (position: number): Promise<number> => {
    await trainee.restore(between(from, to, position).arrays);
    return trainee.loss();
  };
  const { distance } = between(from, to, 0);
  const losses: SegmentRecord["losses"] = [];
  for (const position of positions) losses.push({ position, loss: await lossAt(position) });
  const curvature = async (end: number): Promise<number> =>
    ((await lossAt(end - nearby)) + (await lossAt(end + nearby)) - 2 * (await lossAt(end))) / (nearby * distance) ** 2;
  return { distance, losses, curvatureFrom: await curvature(0), curvatureTo: await curvature(1) };
}

import type { Finished } from "../claim.js";
import type { EndPointRecord, EndPointsTask, SegmentRecord } from "../study/end-points.js";

export type Setting = EndPointsTask["settings"][number];

/** In this order: the reference, twice and more its batch at its ratio, twice its ratio, and two ratios within the edge of the start. */
export interface Ends {
  role: string;
  seed: number;
  reference: EndPointRecord | undefined;
  /** Larger batches at the same η/B, from the smallest. */
  sameRatio: { setting: Setting; end: EndPointRecord | undefined }[];
  doubled: EndPointRecord | undefined;
  /** Of η/B and 2η/B. */
  slow: [EndPointRecord | undefined, EndPointRecord | undefined];
  /** From the reference to the next batch of its ratio, and to twice the ratio; and between those within the edge. */
  segments: Record<"same" | "doubled" | "slow", SegmentRecord | undefined>;
}

/** What the records of a job are for, told by their settings alone. */
export function endsOf({ role, task, records }: Finished<"endPoints">): Ends {
  const same = (a: Setting, b: Setting): boolean => a.learningRate === b.learningRate && a.batchSize === b.batchSize;
  const ratio = ({ learningRate, batchSize }: Setting): number => learningRate / batchSize;
  const [first, ...others] = task.settings as [Setting, ...Setting[]];
  const endAt = (setting: Setting | undefined): EndPointRecord | undefined =>
    records.find((one) => one.part === "end" && setting !== undefined && same(one, setting)) as
      EndPointRecord | undefined;
  const relative = (setting: Setting): number => ratio(setting) / ratio(first);
  const larger = others.filter((setting) => Math.abs(relative(setting) - 1) < 1e-9);
  const doubled = others.find((setting) => relative(setting) > 1.5);
  const slow = others.filter((setting) => relative(setting) < 0.9).sort((a, b) => ratio(a) - ratio(b));
  const segmentOf = (from: Setting | undefined, to: Setting | undefined): SegmentRecord | undefined =>
    records.find(
      (one) =>
        one.part === "segment" && from !== undefined && to !== undefined && same(one.from, from) && same(one.to, to),
    ) as SegmentRecord | undefined;
  return {
    role,
    seed: task.start.seed,
    reference: endAt(first),
    sameRatio: larger.map((setting) => ({ setting, end: endAt(setting) })),
    doubled: endAt(doubled),
    slow: [endAt(slow[0]), endAt(slow[1])],
    segments: {
      same: segmentOf(first, larger[0]),
      doubled: segmentOf(first, doubled),
      slow: segmentOf(slow[0], slow[1]),
    },
  };
}

/** A quotient, undefined where one of the two is. */
export const over = (value: number | undefined, by: number | undefined): number | undefined =>
  value === undefined || by === undefined ? undefined : value / by;

/** η over η*(B) of another end than its own: beyond 1 a training with (η, B) cannot stay there. */
export const beyondReference = ({ reference }: Ends, { learningRate, batchSize }: Setting): number | undefined =>
  over(learningRate, reference?.thresholds.find((one) => one.batchSize === batchSize)?.criticalLearningRate);

/** λ_max of an end over that of the reference. */
export const relativeSharpness = ({ reference }: Ends, end: EndPointRecord | undefined): number | undefined =>
  over(end?.largestEigenvalue, reference?.largestEigenvalue);

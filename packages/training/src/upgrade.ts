import type { MinimumRecord } from "./record.js";

/** Names that records had before, and have now. */
const ofMinimum: Record<string, string> = {
  trace: "traceG",
  frobeniusNorm: "frobeniusG",
  hessianFrobeniusNorm: "frobeniusH",
  alignmentFactorUncentred: "uncentredAlignmentFactor",
  magnitudeAlignment: "noiseMagnitude",
  frobeniusBound: "frobeniusLimit",
};

function renamed(record: object): object {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [ofMinimum[key] ?? key, value as unknown]));
}

/**
 * A record of a training in today's names: those of `sgdscope/run@1`, `sgdscope/bound@1` and `sgdscope/reproduce@1` had others.
 *
 * @param record - Of any version; not changed.
 */
export function upgradedRecord(record: MinimumRecord): MinimumRecord {
  const { minimum, alignment } = record;
  return {
    ...record,
    minimum:
      minimum === undefined || (minimum as unknown) === null
        ? undefined
        : ({ marks: [], ...renamed(minimum) } as unknown as MinimumRecord["minimum"]),
    alignment: alignment.map((each) => renamed(each) as unknown as MinimumRecord["alignment"][number]),
  };
}

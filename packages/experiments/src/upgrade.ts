import { boundDefinitions } from "@sgdscope/stability-criterion";
import { upgradedRecord, type MinimumRecord } from "@sgdscope/training";
import type { StudyKind, StudyRecords } from "./study/studies.js";

/** Names that records of studies had before, and have now. */
const renames: Record<string, string> = { trace: "traceG", frobeniusNorm: "frobeniusG", logRho: "growthRate" };

/**
 * A record of a study in today's names: those of `sgdscope/reproduce@1` had others.
 *
 * @param record - Of any version; not changed.
 */
export function upgradedStudyRecord<K extends StudyKind>(kind: K, record: StudyRecords[K]): StudyRecords[K] {
  if (kind === "training") return upgradedRecord(record as MinimumRecord) as StudyRecords[K];
  const entries = Object.entries(record).map(([key, value]): [string, unknown] => [renames[key] ?? key, value]);
  const renamed = Object.fromEntries(entries) as { part?: unknown; name?: unknown; id?: unknown };
  // Criteria were known by their labels.
  if (renamed.part === "curve" && renamed.id === undefined) {
    const { name: label, ...rest } = renamed;
    return { ...rest, id: boundDefinitions.find((one) => one.label === label)?.id, label } as never;
  }
  return renamed as StudyRecords[K];
}

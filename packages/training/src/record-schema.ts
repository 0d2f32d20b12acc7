import { explainIssues, faultText, RunsError } from "@sgdscope/runs";
import { z } from "zod";
import type { MinimumRecord } from "./record.js";

const count = z.int().min(0);
const positive = z.number().positive();

/** What every record of a training holds, of any version; measurements have other names in earlier ones and stay open here. */
const recordSchema = z.looseObject({
  model: z.string(),
  data: z.string(),
  parameters: count,
  examples: count.min(1),
  outputs: count.min(1),
  learningRate: positive,
  batchSize: positive,
  sampling: z.string(),
  seed: count,
  reason: z.enum(["interpolated", "diverged", "max-steps", "aborted"]),
  steps: count,
  loss: z.union([z.number(), z.nan(), z.literal(Infinity), z.null()]),
  interpolates: z.boolean(),
  minimum: z.looseObject({ marks: z.array(z.string()).optional() }).nullish(),
  alignment: z.array(z.looseObject({ step: count })),
});

/**
 * A record as a file holds it, checked for what every version has.
 *
 * @param place - Where it is from, for messages.
 * @throws RunsError `INVALID_RUN`.
 */
export function checkRecord(record: unknown, place: string): MinimumRecord {
  const { success, error } = recordSchema.safeParse(record, { reportInput: true });
  if (success) return record as MinimumRecord;
  const faults = explainIssues(recordSchema, error.issues).map(faultText).join("; ");
  throw new RunsError("INVALID_RUN", `the record of ${place} is not one of a training: ${faults}`, {
    cause: error,
    path: place,
  });
}

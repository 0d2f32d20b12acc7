import { ArrayFilesError, formatSafetensors, parseSafetensors } from "@sgdscope/array-files";
import { explainIssues, faultText } from "@sgdscope/runs";
import { samplings } from "@sgdscope/random";
import { optimizerKinds, type Checkpoint } from "@sgdscope/sgd";
import { z } from "zod";
import { TrainingError } from "./errors.js";

const whole = z.int().min(0);

/** The JSON half of a checkpoint; that it fits the training, `train` of `@sgdscope/sgd` sees to. */
const stateSchema = z.strictObject({
  version: z.literal(1),
  step: whole,
  visited: z.boolean(),
  sampler: z.strictObject({
    kind: z.enum(samplings),
    size: whole.min(1),
    batchSize: z.number().positive(),
    random: z.array(z.int()),
    epoch: z.strictObject({ order: z.array(whole), position: whole }).optional(),
  }),
  stopCounts: z.array(whole),
  history: z.array(z.strictObject({ step: whole, loss: z.number() })),
  optimizer: z.looseObject({ kind: z.enum(optimizerKinds) }).optional(),
});

/** A checkpoint as a `.safetensors` file: its arrays, and its state as JSON in the header. */
export const formatCheckpoint = ({ arrays, state }: Checkpoint): Uint8Array =>
  formatSafetensors(arrays, { state: JSON.stringify(state) });

/**
 * Reads what `formatCheckpoint` wrote.
 *
 * @param place - Where it is from, for messages.
 * @throws TrainingError `INVALID_CHECKPOINT`.
 */
export function parseCheckpoint(bytes: Uint8Array, place: string): Checkpoint {
  try {
    const { arrays, metadata } = parseSafetensors(bytes);
    const { success, data, error } = stateSchema.safeParse(JSON.parse(metadata["state"] ?? ""), { reportInput: true });
    if (!success) throw new Error(explainIssues(stateSchema, error.issues).map(faultText).join("; "), { cause: error });
    for (const [name, { data: numbers }] of Object.entries(arrays))
      // Not "finite": a training may diverge between two checks of its loss.
      if (!(numbers instanceof Float32Array || numbers instanceof Float64Array))
        throw new Error(`expected floating-point numbers in ${name}`);
    return { arrays, state: data as unknown as Checkpoint["state"] } as Checkpoint;
  } catch (error) {
    if (
      !(error instanceof Error) ||
      (error.constructor !== Error && !(error instanceof ArrayFilesError || error instanceof SyntaxError))
    )
      throw error;
    const problem = `the checkpoint in ${place} cannot be read: ${error.message}`;
    throw new TrainingError("INVALID_CHECKPOINT", [{ path: "", problem }], { cause: error });
  }
}

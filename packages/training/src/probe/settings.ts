import { z } from "zod";
import { probeOverhead } from "../defaults.js";
import { TrainingError } from "../errors.js";
import type { MinimumTask, TrainingSettings } from "../task.js";
import { expectProbes, probesOf } from "./along-training.js";
import { probeIds } from "./numbers.js";

const expected = `expected all, none or some of ${probeIds.join(", ")}`;

/** What a person says of probes. */
export const probeFields = {
  probe: z.union([z.enum(["all", "none"]), z.array(z.enum(probeIds, expected)).min(1, expected)], expected).optional(),
  probeEvery: z.int("expected a whole number from 1 up").min(1, "expected a whole number from 1 up").optional(),
  probeOverhead: z.number("expected a positive number").positive("expected a positive number").optional(),
};

type Asked = z.output<z.ZodObject<typeof probeFields>>;

/**
 * The part of a task that says what is measured along it: one way to say each, and nothing where nothing is measured, so that tasks without
 * it keep their names. `all` leaves out what says nothing of the task.
 *
 * @throws TrainingError `INVALID_SETTINGS` for probes that say nothing of the task, and for settings that do not belong together.
 */
export function probeSettingsOf(
  { probe = "none", probeEvery: every, probeOverhead: overhead }: Asked,
  task: MinimumTask,
): Pick<TrainingSettings, "probe"> {
  const refuse = (path: string, problem: string): never => {
    throw new TrainingError("INVALID_SETTINGS", [{ path, problem }]);
  };
  const schedule = every === undefined ? (overhead === undefined ? undefined : "probeOverhead") : "probeEvery";
  if (probe === "none") {
    if (schedule !== undefined) refuse(schedule, "expected a probe beside it, which says what is measured");
    return {};
  }
  if (every !== undefined && overhead !== undefined)
    refuse("probeEvery", "expected no probeOverhead beside it: probes come every so many steps, whatever they cost");
  const ids = probe === "all" ? probesOf(task) : probeIds.filter((id) => probe.includes(id));
  const found = every === undefined ? { ids, overhead: overhead ?? probeOverhead } : { ids, every };
  expectProbes(task, found);
  return { probe: found };
}

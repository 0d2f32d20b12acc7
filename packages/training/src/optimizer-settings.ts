import { optimizerKinds } from "@sgdscope/sgd";
import { z } from "zod";
import { TrainingError } from "./errors.js";
import type { OptimizerSettings } from "./task.js";

const share = z.number("expected a number in [0, 1)").min(0, "expected a number in [0, 1)").lt(1);
const fromZero = z.number("expected a number from 0 up").min(0, "expected a number from 0 up");

/** What a person says of the optimizer, beside the momentum. */
export const optimizerFields = {
  optimizer: z.enum(optimizerKinds, `expected one of ${optimizerKinds.join(", ")}`).optional(),
  nesterov: z.boolean().optional(),
  dampening: z.number("expected a number in [0, 1]").min(0).max(1).optional(),
  weightDecay: fromZero.optional(),
  beta1: share.optional(),
  beta2: share.optional(),
  alpha: share.optional(),
  epsilon: fromZero.optional(),
  centered: z.boolean().optional(),
  rho: fromZero.optional(),
  prog: fromZero.optional(),
  rank: share.optional(),
};

type Asked = z.output<z.ZodObject<typeof optimizerFields>> & { momentum: number };

/** Which optimizers a setting belongs to. */
const owners: Partial<Record<keyof Asked, readonly string[]>> = {
  dampening: ["heavy-ball"],
  beta1: ["adam"],
  beta2: ["adam"],
  alpha: ["rmsprop"],
  epsilon: ["adam", "rmsprop"],
  centered: ["rmsprop"],
  rho: ["sam"],
  prog: ["ire"],
  rank: ["ire"],
};

/**
 * The part of a task that says its optimizer: one way to say each, so that equal settings give equal tasks, and nothing where the
 * optimizer is plain SGD or a heavy ball, so that tasks without it keep their names.
 *
 * @throws TrainingError `INVALID_SETTINGS` for settings that do not belong together.
 */
export function optimizerSettingsOf(asked: Asked): OptimizerSettings {
  const { optimizer, nesterov = false, momentum, dampening = 0, weightDecay = 0 } = asked;
  const kind = optimizer ?? (nesterov ? "nesterov" : momentum > 0 ? "heavy-ball" : "sgd");
  if (nesterov && kind !== "nesterov") refuse("nesterov", `expected optimizer nesterov or none beside it, got ${kind}`);
  for (const [name, kinds] of Object.entries(owners))
    if (asked[name as keyof Asked] !== undefined && !kinds.includes(kind))
      refuse(name, `expected optimizer ${kinds.join(" or ")} beside it, got ${kind}`);
  const needed = ["heavy-ball", "nesterov", "ema"].includes(kind);
  if (needed && momentum === 0)
    refuse(nesterov ? "nesterov" : "optimizer", `expected momentum above 0 beside ${nesterov ? "it" : kind}, got 0`);
  if (momentum > 0 && !needed && !["rmsprop", "sam", "ire"].includes(kind))
    refuse(
      "momentum",
      `expected 0 with optimizer ${kind}${kind === "adam" ? ", whose own is beta1" : ""}, got ${momentum}`,
    );
  const decay = weightDecay === 0 ? {} : { weightDecay };
  switch (kind) {
    case "sgd":
      return { momentum, ...decay };
    case "heavy-ball":
      if (dampening === momentum) return { momentum, optimizer: "ema", ...decay };
      return { momentum, ...(dampening === 0 ? {} : { dampening }), ...decay };
    case "nesterov":
      return { momentum, nesterov: true, ...decay };
    case "ema":
      return { momentum, optimizer: kind, ...decay };
    case "adam": {
      const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = asked;
      return { momentum, optimizer: kind, beta1, beta2, epsilon, ...decay };
    }
    case "rmsprop": {
      const { alpha = 0.99, epsilon = 1e-8, centered = false } = asked;
      return { momentum, optimizer: kind, alpha, epsilon, centered, ...decay };
    }
    case "sam": {
      const { rho = 0.05 } = asked;
      return { momentum, optimizer: kind, rho, ...decay };
    }
    case "ire": {
      const { prog = 2, rank = 0.2 } = asked;
      return { momentum, optimizer: kind, prog, rank, ...decay };
    }
  }
}

function refuse(path: string, problem: string): never {
  throw new TrainingError("INVALID_SETTINGS", [{ path, problem }]);
}

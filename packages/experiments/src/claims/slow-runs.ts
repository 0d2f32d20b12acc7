import type { Job, Scope } from "../claim.js";
import { fullyConnected, imageSeeds, imageTask, ofPreset, reluTask, seedsOf, tinyImageTask } from "./settings.js";

type Training = Job<"training">;

const slow = ", slow";

/** Whether the runs of a role have rates far below the edge of their start. */
export const isSlow = (role: string): boolean => role.endsWith(slow);

/** Two-layer ReLU networks with rates far below the edge of their start: controls of what is said of runs driven to it. */
export function slowReluJobs(scope: Scope): Training[] {
  const { preset } = scope;
  const { count, width } = ofPreset(preset, {
    test: { count: 12, width: 20 },
    fast: { count: 40, width: 120 },
    full: { count: 40, width: 120 },
  });
  const settings = ofPreset(preset, {
    test: [[0.001, 4]],
    fast: [
      [0.0005, 1],
      [0.001, 4],
      [0.002, 16],
    ],
    full: [
      [0.0005, 1],
      [0.001, 4],
      [0.002, 16],
    ],
  }) as [learningRate: number, batchSize: number][];
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 9 })).flatMap((seed) =>
    settings.map(([learningRate, batchSize]) => ({
      role: `two-layer ReLU${slow}`,
      task: reluTask({ count, width, learningRate, batchSize, seed }),
    })),
  );
}

/** Fully connected networks on images with a rate far below the edge of their start. */
export function slowImageJobs(scope: Scope): Training[] {
  const { preset, images } = scope;
  const role = `images${slow}`;
  if (preset === "test") return [{ role, task: tinyImageTask(0.001, 8, scope.seed) }];
  return seedsOf(scope, imageSeeds(preset)).map((seed) => ({
    role,
    task: imageTask(images, {
      count: ofPreset(preset, { test: 16, fast: 100, full: 200 }),
      model: fullyConnected([64, 64]),
      learningRate: 0.002,
      batchSize: 16,
      seed,
    }),
  }));
}

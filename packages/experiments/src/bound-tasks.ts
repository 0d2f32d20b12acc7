import type { ModelConfig } from "@sgdscope/models-cnn";
import { trainingDefaults, type DataSpec, type MinimumTask } from "@sgdscope/training";

/** What the study claims, and whose claim it is. */
export const boundClaim = {
  name: "bound",
  claim:
    "SGD that is driven to the edge of stability ends at minima with ‖H‖_F of order √B/η, whatever the size of the model; gradient descent only obeys λ_max ≤ 2/η. The theorem is ‖H‖_F ≤ 1/(η√(p·inf μ)) at every stable minimum.",
  source:
    "Wu, Wang & Su, NeurIPS 2022 (arXiv:2207.02628); exact edge: Mulayoff & Michaeli, COLT 2024 (arXiv:2306.07850)",
} as const;

/** How the runs of the study differ from a training that says nothing. */
export interface BoundOptions extends Partial<
  Omit<MinimumTask, "data" | "model" | "learningRate" | "batchSize" | "sampling">
> {
  data: DataSpec;
  model: ModelConfig;
  /** (η, B) of each run; B = "all" is gradient descent. */
  settings: { learningRate: number; batchSize: number | "all" }[];
}

/** Where the alignment is measured along the way. */
const probes = [
  0, 10, 30, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 12_000, 16_000, 24_000, 32_000, 48_000,
];

/** The runs of the study, one per setting: what `trainingDefaults` say, with the alignment measured along the way. */
export function boundTasks({ data, model, settings, ...options }: BoundOptions): MinimumTask[] {
  const { maxSteps = trainingDefaults.maxSteps } = options;
  return settings.map(({ learningRate, batchSize }) => ({
    ...trainingDefaults,
    data,
    model,
    learningRate,
    batchSize: batchSize === "all" ? data.count : batchSize,
    startThreshold: true,
    alignmentAt: probes.filter((step) => step < maxSteps),
    ...options,
  }));
}

import type { GramSystem } from "@sgdscope/noise-structure";
import { prepareMinimum, type PreparedMinimum, type Sampling } from "@sgdscope/stability-criterion";
import { optimizerGrowth, type Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { DiagramAxes } from "./axes.js";

/** One cell of a diagram. */
export interface GrowthRecord {
  learningRate: number;
  batchSize: number;
  /** β, in a diagram over the momentum. */
  momentum?: number;
  /** `log ρ(Q(η, B))`: what a step adds to the logarithm of the expected loss in the long run, with momentum of second moments. Above 0 SGD leaves. */
  growthRate: number;
}

/**
 * The growth rate of the expected loss at every learning rate and batch size of a grid, batch size by batch size, as it is
 * found: linearised SGD at one minimum, exact.
 *
 * @param system - A Gram system, or a prepared minimum to share its eigendecomposition with the curves.
 * @param options.optimizer - Default plain SGD.
 * @param options.sampling - Default `"without-replacement"`.
 * @returns A generator; each record costs one `optimizerGrowth`, ten to forty products of `2·rank²·nC` operations: for 200
 *   examples of one output some two tenths of a second of one core, and eight times that for twice as many.
 * @throws StabilityError as `optimizerGrowth`.
 */
export function* growthRates(
  system: GramSystem | PreparedMinimum,
  options: DiagramAxes & { sampling?: Sampling; optimizer?: Optimizer },
): Generator<GrowthRecord, void, undefined> {
  const { learningRates, batchSizes, sampling = "without-replacement", optimizer = { kind: "sgd" } } = options;
  const minimum = prepareMinimum(system);
  for (const batchSize of batchSizes)
    for (const learningRate of learningRates) {
      const { growthRate } = optimizerGrowth(minimum, learningRate, { batchSize, sampling, optimizer });
      yield { learningRate, batchSize, growthRate };
    }
}

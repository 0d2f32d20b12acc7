import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import { prepareMinimum, thresholdComparison } from "@sgdscope/stability-criterion";
import type { CompareOptions } from "../commands/compare.js";
import { comparisonJson, comparisonText } from "../report/comparison.js";
import { checkBatches } from "./analyze.js";
import { readMinimum, type Minimum } from "./minimum.js";

/** Takes the minimum, or makes the Gaussian one, and prints the thresholds side by side. */
export async function compare(options: CompareOptions): Promise<void> {
  const given = [options.gram, options.jacobian, options.residuals, options.run].some((source) => source !== undefined);
  const minimum = given ? await readMinimum(options) : gaussianRegression(options.seed);
  const sampling = options.sampling ?? ownSampling(minimum);
  checkBatches(minimum.system, { batchSize: options.batchSize, sampling });
  const prepared = prepareMinimum(minimum.system, { rankTolerance: minimum.rankTolerance });
  const comparison = {
    minimum: minimum.name,
    examples: prepared.examples,
    outputs: prepared.outputs,
    rank: prepared.rank,
    sampling,
    rows: thresholdComparison(prepared, { batchSizes: options.batchSize, sampling }),
  };
  process.stdout.write(
    options.json === true ? `${JSON.stringify(comparisonJson(comparison), null, 2)}\n` : comparisonText(comparison),
  );
}

/** The formulas are of centred noise, so a run with Bernoulli batches is compared as the nearest sampling that has it. */
const ownSampling = ({ sampling }: Minimum): "with-replacement" | "without-replacement" =>
  sampling === "with-replacement" ? sampling : "without-replacement";

/** Linear regression on Gaussian inputs whose variances fall linearly from 1 to 0.2; thresholds do not see the residuals. */
function gaussianRegression(seed: number): Minimum {
  const [examples, dimension] = [200, 8];
  const random = seededRandom(seed);
  const inputs = gaussian(examples * dimension, random);
  for (let k = 0; k < inputs.length; k++) inputs[k]! *= Math.sqrt(1 - (0.8 * (k % dimension)) / (dimension - 1));
  return {
    name: `linear regression on Gaussian inputs, seed ${seed}`,
    system: gramSystemFromJacobian(inputs, gaussian(examples, random), { examples, outputs: 1 }),
    rankTolerance: 1e-10,
    sampling: "with-replacement",
    backend: undefined,
  };
}

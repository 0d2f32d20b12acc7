import { readArray, toFloat64 } from "@sgdscope/array-files";
import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import { prepareMinimum, thresholdComparison } from "@sgdscope/stability-criterion";
import type { CompareOptions } from "../commands/compare.js";
import { comparisonJson, comparisonText } from "../report/comparison.js";
import { usageError } from "../terminal/exit.js";
import { checkBatches, defaultRankTolerance } from "./analyze.js";
import { readMinimum, type Minimum } from "./minimum.js";

/** Takes the minimum, or makes the Gaussian one, and prints the thresholds side by side. */
export async function compare(options: CompareOptions): Promise<void> {
  const minimum = await minimumOf(options);
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

async function minimumOf(options: CompareOptions): Promise<Minimum> {
  const matrix = options.gram ?? options.jacobian;
  if (matrix !== undefined && options.residuals === undefined) return withoutResiduals(matrix, options);
  if (options.residuals === undefined && options.run === undefined) return gaussianRegression(options.seed);
  return readMinimum(options);
}

/** A minimum from K or J alone: no threshold depends on the residuals. */
async function withoutResiduals(file: string, options: CompareOptions): Promise<Minimum> {
  const array = await readArray(file);
  const { shape } = array;
  const [option, wanted] =
    options.gram === undefined ? ["--jacobian", "[n, P], [nC, P] or [n, C, P]"] : ["--gram", "[nC, nC]"];
  const outputs = shape.length === 3 ? shape[1]! : (options.outputs ?? 1);
  const examples = (shape.length === 3 ? shape[0]! * outputs : shape[0]!) / outputs;
  const fits = options.gram === undefined ? shape.length === 2 || shape.length === 3 : shape[0] === shape[1];
  if (!fits || !Number.isInteger(examples) || examples < 1)
    throw usageError(
      `${option}: expected shape ${wanted}, with ${outputs} output${outputs === 1 ? "" : "s"} an example, got [${shape.join(", ")}]`,
    );
  const values = toFloat64(array);
  const residuals = new Float64Array(examples * outputs);
  return {
    name: file,
    system:
      options.gram === undefined
        ? gramSystemFromJacobian(values, residuals, { examples, outputs })
        : { examples, outputs, gram: values, residuals },
    rankTolerance:
      options.rankTolerance ?? defaultRankTolerance[array.data instanceof Float32Array ? "float32" : "float64"],
    sampling: undefined,
    backend: undefined,
  };
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

import { randomFeatures, reluTeacher, uniformOnSphere } from "@sgdscope/models-rfm";
import { alignmentRange, gramSystemFromJacobian, noiseStructure, type GramSystem } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import { exactThreshold, prepareMinimum, spectralRadius, stabilityBounds } from "@sgdscope/stability-criterion";

type Numbers = Record<string, number[]>;

/** What the three theory packages say of two systems: the same program for Node and for a page. */
export function theory(): { small: Numbers; randomFeatures: Numbers } {
  const jacobian = Float64Array.of(1, 0, 1, 0, 2, 0, 1, 1, 0);
  const small = gramSystemFromJacobian(jacobian, Float64Array.of(1, -1, 2), { examples: 3, outputs: 1 });

  const random = seededRandom(7);
  const model = randomFeatures({ inputs: 6, features: 48, activation: "relu", random });
  const X = uniformOnSphere(24, 6, random);
  const system = model.gramSystem(model.init(random), X, reluTeacher(6, random)(X));
  return {
    small: numbersOf(small),
    randomFeatures: { ...numbersOf(system), gram: [...system.gram], residuals: [...system.residuals] },
  };
}

function numbersOf(system: GramSystem): Numbers {
  const noise = noiseStructure(system, { eigenvalues: system.examples });
  const range = alignmentRange(system);
  const minimum = prepareMinimum(system);
  const thresholds = [1, 2].map((batchSize) => exactThreshold(minimum, { batchSize }));
  const edge = thresholds[0]!.criticalLearningRate;
  const growth = [0.5, 1, 2].map((share) => spectralRadius(minimum, share * edge, { batchSize: 1 }).spectralRadius);
  return {
    loss: [noise.loss],
    eigenvalues: [...noise.eigenvalues],
    chi: [...noise.chi],
    noise: [noise.traceNoise, noise.traceNoiseG, noise.frobeniusNoise],
    alignment: [noise.alignmentFactor!, noise.directionAlignment!, noise.noiseMagnitude!, noise.decouplingError!],
    range: [range.infimum, range.supremum, range.uncentredInfimum, range.uncentredSupremum],
    thresholds: thresholds.map(({ criticalLearningRate }) => criticalLearningRate),
    shares: [...thresholds[0]!.exampleShares],
    growth,
    bounds: stabilityBounds(minimum, { batchSize: 2 }).map(({ criticalLearningRate }) => criticalLearningRate),
  };
}

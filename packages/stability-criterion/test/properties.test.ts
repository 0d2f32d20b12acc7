import { describe, expect, it } from "vitest";
import type { GramSystem } from "@sgdscope/noise-structure";
import type { SeededRandom } from "@sgdscope/random";
import {
  criticalLearningRates,
  escapeRateLowerBound,
  exactThreshold,
  expectedLoss,
  prepareMinimum,
  spectralRadius,
  stabilityBounds,
  type Sampling,
} from "../src/index.js";
import { randomProblem, realizable, seededRandom } from "./support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli"];

/** Problems of all kinds in `randomProblem`, one in five of several outputs. */
const PROBLEMS = 300;
const small = (seed: number, random: SeededRandom) =>
  randomProblem(random, seed, {
    examples: 7,
    parameters: 8,
    outputs: seed % 5 === 4 ? 1 + Math.floor(random() * 3) : 1,
  });

describe.each(modes)("random problems, %s", (sampling) => {
  it("have no necessary bound below the exact threshold and no sufficient bound above", { timeout: 120_000 }, () => {
    const tried = { necessary: 0, sufficient: 0 };
    const tightest: Record<string, number> = {};
    let pairs = 0;
    for (let seed = 0; seed < PROBLEMS; seed++) {
      const { system } = small(seed, seededRandom(seed));
      const minimum = prepareMinimum(system);
      for (const batchSize of new Set([1, Math.ceil(system.examples / 2), system.examples])) {
        pairs++;
        const [exact, ...bounds] = criticalLearningRates(minimum, { batchSize, sampling });
        for (const bound of bounds) {
          const label = `${bound.name}, seed ${seed}, B ${batchSize}`;
          const ratio = bound.criticalLearningRate / exact!.criticalLearningRate;
          if (bound.kind === "necessary") expect(ratio, label).toBeGreaterThan(1 - 1e-9);
          if (bound.kind === "sufficient") expect(ratio, label).toBeLessThan(1 + 1e-9);
          if (bound.kind === "necessary") tightest[bound.name] = Math.min(tightest[bound.name] ?? Infinity, ratio);
          if (bound.kind === "necessary" || bound.kind === "sufficient") tried[bound.kind]++;
          if (bound.curvature !== undefined)
            expect(bound.curvature.limitTimesLearningRate / bound.curvature.value).toBe(bound.criticalLearningRate);
        }
      }
    }
    console.info(
      `${sampling}: ${PROBLEMS} problems, ${pairs} with their batch sizes; ${tried.necessary} necessary and ${tried.sufficient} sufficient bounds kept; closest necessary ${Math.min(...Object.values(tightest)).toFixed(9)} of η*.`,
    );
  });

  it("have a threshold that does not fall with the batch size", { timeout: 120_000 }, () => {
    let pairs = 0;
    for (let seed = 0; seed < PROBLEMS; seed++) {
      const { system } = small(seed, seededRandom(2000 + seed));
      const minimum = prepareMinimum(system);
      let before = 0;
      for (let batchSize = 1; batchSize <= system.examples; batchSize++, pairs++) {
        const { criticalLearningRate } = exactThreshold(minimum, { batchSize, sampling });
        expect(criticalLearningRate).toBeGreaterThan(before * (1 - 1e-10));
        before = criticalLearningRate;
      }
    }
    console.info(`${sampling}: monotone in B for ${PROBLEMS} problems, ${pairs} thresholds.`);
  });

  it("have expected losses above γᵗL₀", { timeout: 120_000 }, () => {
    let [checks, growing] = [0, 0];
    for (let seed = 0; seed < PROBLEMS; seed++) {
      const random = seededRandom(4000 + seed);
      const system = realizable(small(seed, random), random);
      const minimum = prepareMinimum(system);
      const batchSize = 1 + (seed % Math.min(2, system.examples));
      const { criticalLearningRate } = exactThreshold(minimum, { batchSize, sampling });
      const learningRate = criticalLearningRate * (1 + 8 * random());
      const gamma = escapeRateLowerBound(minimum, learningRate, { batchSize, sampling });
      if (gamma > 1) growing++;
      const { losses } = expectedLoss(minimum, { batchSize, sampling, learningRate, steps: 12 });
      losses.forEach((loss, t) => expect(loss).toBeGreaterThanOrEqual(gamma ** t * losses[0]! * (1 - 1e-9)));
      checks += losses.length;
    }
    console.info(`${sampling}: ${checks} losses of ${PROBLEMS} problems above γᵗL₀, γ > 1 for ${growing}.`);
  });

  it("have a threshold that knows neither the order of examples, nor their number when all are doubled", () => {
    for (let seed = 0; seed < PROBLEMS; seed++) {
      const { system } = small(seed, seededRandom(6000 + seed));
      const { examples: n, outputs, gram, residuals } = system;
      const size = n * outputs;
      const pick = (count: number, source: (row: number) => number): GramSystem => ({
        examples: count,
        outputs,
        gram: Float64Array.from(
          { length: (count * outputs) ** 2 },
          (_, k) => gram[source(Math.floor(k / (count * outputs))) * size + source(k % (count * outputs))]!,
        ),
        residuals: Float64Array.from({ length: count * outputs }, (_, k) => residuals[source(k)]!),
      });
      const of = (one: GramSystem): number => exactThreshold(one, { batchSize: 1, sampling }).criticalLearningRate;
      const expected = of(system);
      const turned = pick(n, (row) => ((Math.floor(row / outputs) + 1) % n) * outputs + (row % outputs));
      expect(of(turned) / expected).toBeCloseTo(1, 9);
      // Two copies of the data have the same p at B = 1 unless batches are Bernoulli.
      if (sampling !== "bernoulli") expect(of(pick(2 * n, (row) => row % size)) / expected).toBeCloseTo(1, 8);
    }
  });

  it("grow in the long run by the spectral radius per step", () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = seededRandom(500 + seed);
      const system = realizable(randomProblem(random, 0, { examples: 6, parameters: 4 }), random);
      const minimum = prepareMinimum(system);
      const learningRate = 1.5 * exactThreshold(minimum, { batchSize: 1, sampling }).criticalLearningRate;
      const { spectralRadius: rho } = spectralRadius(minimum, learningRate, { batchSize: 1, sampling });
      const { losses } = expectedLoss(minimum, { batchSize: 1, sampling, learningRate, steps: 300 });
      expect(Math.log(losses[300]! / losses[200]!) / 100).toBeCloseTo(Math.log(rho), 6);
    }
  });
});

describe("invariances", () => {
  it("thresholds and bounds scale with c⁻² under J → cJ and ignore rotations of the parameters", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { system } = randomProblem(seededRandom(600 + seed), seed);
      const scaled = { ...system, gram: system.gram.map((value) => 49 * value) };
      const [one, other] = [system, scaled].map((each) => prepareMinimum(each)) as [
        ReturnType<typeof prepareMinimum>,
        ReturnType<typeof prepareMinimum>,
      ];
      const before = exactThreshold(one, { batchSize: 2 }).criticalLearningRate;
      expect((49 * exactThreshold(other, { batchSize: 2 }).criticalLearningRate) / before).toBeCloseTo(1, 9);
      const bounds = stabilityBounds(one, { batchSize: 2 });
      stabilityBounds(other, { batchSize: 2 }).forEach((bound, k) => {
        if (Number.isFinite(bounds[k]!.criticalLearningRate) && bounds[k]!.criticalLearningRate < 1e4 * before)
          expect((49 * bound.criticalLearningRate) / bounds[k]!.criticalLearningRate, bound.name).toBeCloseTo(1, 6);
      });
    }
  });

  it("ρ(Q) is 1 at the threshold, below it under and above it over", () => {
    for (let seed = 0; seed < 40; seed++) {
      const { system } = randomProblem(seededRandom(700 + seed), seed);
      const minimum = prepareMinimum(system);
      const { criticalLearningRate: eta } = exactThreshold(minimum, { batchSize: 1 });
      const rho = (factor: number): number => spectralRadius(minimum, factor * eta, { batchSize: 1 }).spectralRadius;
      expect(rho(1)).toBeCloseTo(1, 10);
      expect(rho(0.9)).toBeLessThan(1);
      expect(rho(1.1)).toBeGreaterThan(1);
    }
  });
});

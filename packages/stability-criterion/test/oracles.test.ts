import { noiseStructure } from "@sgdscope/noise-structure";
import { gaussian } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  almostSureStability,
  exactThreshold,
  isotropicNoiseThreshold,
  momentThreshold,
  oneStepLoss,
  pathExponent,
  prepareMinimum,
  spectralRadius,
  stabilityBounds,
  structuredNoiseThreshold,
  type BoundId,
  type Sampling,
} from "../src/index.js";
import { coherence, gradientDescentBound, nonUniformity } from "../src/bounds.js";
import { decoupledGrowth, outsideRatio } from "../src/escape.js";
import { gramProblem, problem, seededRandom } from "./support/problems.js";

/** Agreement in every printed digit: the value, rounded as the text is, reads the same. */
const digits = (value: number, text: string): void =>
  expect(value.toFixed(text.split(".")[1]!.length)).toBe(text.startsWith(".") ? `0${text}` : text);

const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);
const minimum = prepareMinimum(system);

describe("J = [[1,0,1],[0,2,0],[1,1,0]], to every digit given", () => {
  it.each<[Sampling, number, string]>([
    ["without-replacement", 1, ".572340172017"],
    ["without-replacement", 2, ".937005453848"],
    ["without-replacement", 3, "1.127098316946"],
    ["with-replacement", 1, ".572340172017"],
    ["with-replacement", 2, ".779114410091"],
    ["with-replacement", 3, ".879437105713"],
    ["bernoulli", 1, ".502179595049"],
  ])("η* %s, B = %d: %s", (sampling, batchSize, text) =>
    digits(exactThreshold(minimum, { batchSize, sampling }).criticalLearningRate, text),
  );

  it.each<[Sampling, number, Partial<Record<BoundId, string>>]>([
    [
      "without-replacement",
      1,
      {
        "gradient-descent": "1.127098316946",
        "top-eigenvector": ".687301119206",
        trace: ".666666666667",
        "trace-jensen": ".750000000000",
        "trace-simple": ".750000000000",
        chi: ".648221343874",
        "chi-jensen": ".851211072664",
        frobenius: "1.028991510855",
        "alignment-worst-case": "1.159829371544",
        "alignment-uncentred": "2.129361710435",
        "wu-ma-e": ".500000000000",
        "structured-decoupled-with-gradient": ".750000000000",
        "structured-decoupled": ".479873518726",
        "structured-gaussian-inputs": ".345842321090",
      },
    ],
    [
      "without-replacement",
      2,
      {
        "top-eigenvector": ".971659489389",
        trace: "1.103448275862",
        "trace-jensen": "1.156626506024",
        "trace-simple": "3.000000000000",
        chi: ".979104477612",
        "chi-jensen": "1.075997813013",
        frobenius: "2.057983021710",
        "alignment-worst-case": "2.319658743087",
        "alignment-uncentred": "2.777440419040",
        "wu-ma-e": ".902983111967",
        "structured-decoupled-with-gradient": "1.072578402337",
        "structured-decoupled": ".872644031227",
        "structured-gaussian-inputs": ".734223723795",
      },
    ],
    [
      "with-replacement",
      2,
      {
        "top-eigenvector": ".853897900603",
        trace: ".905660377358",
        "trace-jensen": ".979591836735",
        "trace-simple": "1.500000000000",
        chi: ".836734693878",
        "chi-jensen": ".988944723618",
        frobenius: "1.455213750218",
        "alignment-worst-case": "1.640246427276",
        "alignment-uncentred": "2.381322538997",
      },
    ],
    ["bernoulli", 1, { coherence: ".530330085890", "coherence-best-case": ".450335355414" }],
  ])("the bounds, %s, B = %d", (sampling, batchSize, expected) => {
    const bounds = stabilityBounds(minimum, { batchSize, sampling });
    for (const [name, text] of Object.entries(expected))
      digits(bounds.find((bound) => bound.id === name)!.criticalLearningRate, text);
  });

  it("the measured alignment, 1/(‖H‖_F√μ), and its loss-scaled limit", () => {
    const [one] = stabilityBounds(minimum, { batchSize: 1 }).filter(({ id }) => id === "alignment-measured");
    expect(one!.criticalLearningRate).toBeCloseTo(Math.sqrt(102 / 79) / 1.943650631615, 11);
  });

  it("coherence, sharpness and non-uniformity", () => {
    digits(coherence(minimum), "1.330851069022");
    digits(minimum.eigenvalues[0]!, "1.774468092029");
    digits(nonUniformity(minimum) ** 2, "3.122188226877");
    ["1.77446809", ".78597546", ".10622312"].forEach((text, a) => digits(minimum.eigenvalues[a]!, text));
  });

  it.each<[Sampling, number, string]>([
    ["without-replacement", 1, ".9716666667"],
    ["without-replacement", 2, ".7741666667"],
    ["without-replacement", 3, ".7083333333"],
    ["with-replacement", 2, ".8400000000"],
    ["with-replacement", 3, ".7961111111"],
  ])("one step at η = .3, %s, B = %d: %s", (sampling, batchSize, text) => {
    const found = oneStepLoss(system, 0.3, { batchSize, sampling });
    digits(found.expectedLoss, text);
    digits(found.gradientDescentLoss, ".708333");
  });
});

describe("closed forms, to every digit given", () => {
  const threshold = (one: typeof system, batchSize: number, sampling: Sampling = "without-replacement"): number =>
    exactThreshold(one, { batchSize, sampling }).criticalLearningRate;

  it("curvatures (1, 2, 5) in one dimension, and (1, 5)", () => {
    const three = problem([1, 2, 5].map(Math.sqrt), [1, 1, 1]).system;
    [".533333", ".680851", ".750000"].forEach((text, k) => digits(threshold(three, k + 1), text));
    const two = problem([1, Math.sqrt(5)], [1, 1]).system;
    digits(threshold(two, 1), ".4615");
    expect(threshold(two, 1)).toBeCloseTo(6 / 13, 14);
    expect(threshold(two, 2)).toBeCloseTo(2 / 3, 14);
    expect(almostSureStability([1, 5]).criticalLearningRate).toBeCloseTo(1.2, 14);
    digits(momentThreshold([1, 5], 2), ".461538");
    digits(momentThreshold([1, 5], 4), ".434746");
  });

  it("orthogonal examples of squared norms (1, 4, 9, 2)", () => {
    const c = [1, 4, 9, 2];
    const one = gramProblem(c.map((value, i) => c.map((_, j) => (i === j ? value : 0))));
    [2, 4, 6, 8].forEach((top, k) => expect(threshold(one, k + 1)).toBeCloseTo(top / 9, 14));
    [".2222", ".3556", ".4444", ".5079"].forEach((text, k) => digits(threshold(one, k + 1, "with-replacement"), text));
  });

  it.each<[string, number[], string[]]>([
    ["equiangular", [3.8, 0.8, 0.8, 0.8, 0.8, 0.8], [".526315789474", ".989555119499", "1.481481481481"]],
    ["circulant", [5, 2, 0.5, 0.3, 0.5, 2], [".400000000000", ".736670029246", "1.111789214090"]],
    ["orthogonal of equal norms", [3, 0, 0, 0, 0, 0], [".666666666667", "1.333333333333", "2.666666666667"]],
  ])("%s examples: thresholds of decoupled noise with the gradient, μ₁ = 1 for all residuals", (_, first, texts) => {
    const one = gramProblem(first.map((__, i) => first.map((___, j) => first[(j - i + 6) % 6]!)));
    const { eigenvalues } = prepareMinimum(one);
    texts.forEach((text, k) => {
      const batchSize = [1, 2, 4][k]!;
      digits(threshold(one, batchSize), text);
      const p = (6 - batchSize) / (batchSize * 5);
      digits(structuredNoiseThreshold(eigenvalues, p, 1), text);
    });
    expect(threshold(one, 1)).toBeCloseTo(2 / first[0]!, 13);
    const random = seededRandom(4);
    for (let draw = 0; draw < 20; draw++) {
      const { uncentredAlignmentFactor } = noiseStructure({ ...one, residuals: gaussian(6, random) });
      expect(uncentredAlignmentFactor).toBeCloseTo(1, 13);
    }
  });

  it("Gaussian inputs λ = (3, 1, ½), and isotropic ones 2/(λ(1 + p + pd)), 2/(λ(d + 2)) at p = 1", () => {
    const spectrum = Float64Array.of(3, 1, 0.5);
    for (const [p, text] of [
      [1, ".2063472725"],
      [0.5, ".3192217829"],
      [0.1, ".5528218778"],
      [0.01, ".6535506798"],
    ] as const)
      digits(structuredNoiseThreshold(spectrum, p, -1), text);
    for (const d of [1, 3, 20])
      for (const p of [1, 0.2])
        expect(structuredNoiseThreshold(new Float64Array(d).fill(2.5), p, -1)).toBeCloseTo(
          2 / (2.5 * (1 + p + p * d)),
          13,
        );
    expect(structuredNoiseThreshold(new Float64Array(9).fill(2.5), 1, -1)).toBeCloseTo(2 / (2.5 * 11), 14);
  });

  it("decoupled noise λ = (4, 2, 1, .3, .1), and isotropic in proportion to the loss", () => {
    const spectrum = Float64Array.of(4, 2, 1, 0.3, 0.1);
    for (const [p, text] of [
      [1, ".191140052499"],
      [0.25, ".377500380545"],
      [0.05, ".474599440932"],
    ] as const)
      digits(structuredNoiseThreshold(spectrum, p, 0), text);
    digits(isotropicNoiseThreshold(spectrum.subarray(0, 4), 1, 0.5), ".412010030579");
    digits(isotropicNoiseThreshold(spectrum.subarray(0, 4), 0.2, 0.5), ".486402369920");
  });

  it("the two minima of equal loss at η = .7: amplification 1.7476 and Lyapunov exponent +.178 at the sharp one", () => {
    const sharp = prepareMinimum(problem([0.2, 3.8].map(Math.sqrt), [1, 1]).system);
    digits(sharp.eigenvalues[0]!, "2.0");
    digits(nonUniformity(sharp), "1.8");
    digits(spectralRadius(sharp, 0.7, { batchSize: 1 }).spectralRadius, "1.7476");
    digits(exactThreshold(sharp, { batchSize: 1 }).criticalLearningRate, ".55249");
    digits(pathExponent([0.2, 3.8], 0.7), ".178");
    expect(pathExponent([0.2, 3.8], 0.7)).toBeCloseTo((Math.log(0.86) + Math.log(1.66)) / 2, 14);
    const flat = prepareMinimum(problem([Math.SQRT2, Math.SQRT2], [1, 1]).system);
    expect(nonUniformity(flat)).toBeCloseTo(0, 7);
    expect(exactThreshold(flat, { batchSize: 1 }).criticalLearningRate).toBeCloseTo(1, 14);
    for (const one of [sharp, flat]) expect(gradientDescentBound(one).criticalLearningRate).toBeCloseTo(1, 14);
  });

  it("the sharpness that gradient descent allows: 200, 40, 20, 4, 2 at η = .01, .05, .1, .5, 1", () => {
    const { limitTimesLearningRate } = gradientDescentBound(minimum).curvature!;
    [0.01, 0.05, 0.1, 0.5, 1].forEach((eta, k) =>
      expect(limitTimesLearningRate / eta).toBeCloseTo([200, 40, 20, 4, 2][k]!, 12),
    );
  });

  it("escape directions of λ = (10, 5, 2, 1, .5, .2, .1, .05) at η = 1.2, 1.5, 3 over ‖G‖_F", () => {
    const spectrum = Float64Array.of(10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05);
    [1.2, 1.5, 3].forEach((beta, k) => {
      const { mode } = decoupledGrowth(spectrum, beta / Math.hypot(...spectrum));
      digits(outsideRatio(spectrum, mode, 1), [".388", ".320", ".234"][k]!);
    });
    digits(outsideRatio(spectrum, spectrum, 1), ".303");
  });

  it("μ₁ of five outputs with isotropic residuals is near 1/5: .196 is one draw of it", () => {
    const random = seededRandom(1);
    const [n, outputs, parameters] = [200, 5, 30];
    const found = Array.from({ length: 6 }, () => {
      const jacobian = gaussian(n * outputs * parameters, random);
      return noiseStructure(problem(jacobian, gaussian(n * outputs, random), outputs).system).uncentredAlignmentFactor!;
    });
    const mean = found.reduce((sum, value) => sum + value / 6, 0);
    const deviation = Math.sqrt(found.reduce((sum, value) => sum + (value - mean) ** 2 / 5, 0));
    expect(Math.abs(mean - 0.2)).toBeLessThan((5 * deviation) / Math.sqrt(6) + 0.005);
    expect(Math.abs(0.196 - mean)).toBeLessThan(4 * deviation);
  });
});

import { describe, expect, it } from "vitest";
import { gramSystemFromJacobian, noiseStructure, NoiseStructureError } from "../../src/index.js";
import { noiseScale } from "../../src/noise-scale.js";
import {
  crossEntropyLoss,
  generalisedGramSystem,
  labelRows,
  lossDerivatives,
  squareLoss,
  type GeneralisedGramSystem,
  type LossInputs,
} from "../../src/losses.js";
import { cases, examplesOf } from "./cases.js";

type Matrix = number[][];
const zeros = (rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, () => Array<number>(columns).fill(0));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const trace = (a: Matrix): number => a.reduce((sum, row, k) => sum + row[k]!, 0);
const frobenius = (a: Matrix): number => Math.hypot(...a.flat());
const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(1, Math.abs(b));

/** G, Σ₁, ∇L and Σ of a loss by loops over examples and outputs. */
function dense(
  jacobian: Float64Array,
  inputs: LossInputs,
  { examples: n, outputs: C }: { examples: number; outputs: number },
) {
  const P = jacobian.length / (n * C);
  const G = zeros(P, P);
  const noise = zeros(P, P);
  const gradient = Array<number>(P).fill(0);
  for (let i = 0; i < n; i++) {
    const f = inputs.outputs as Float64Array;
    const y = inputs.targets as Float64Array;
    const { gradient: s, curvature: S } = inputs.loss.at(f.slice(i * C, (i + 1) * C), y.slice(i * C, (i + 1) * C));
    const w = inputs.weights?.[i] ?? 1;
    const J = (c: number, p: number): number => jacobian[(i * C + c) * P + p]!;
    const g = Array.from({ length: P }, (_, p) => s.reduce((sum, value, c) => sum + w * value * J(c, p), 0));
    for (let p = 0; p < P; p++) {
      gradient[p]! += g[p]! / n;
      for (let q = 0; q < P; q++) {
        noise[p]![q]! += (g[p]! * g[q]!) / n;
        for (let c = 0; c < C; c++)
          for (let d = 0; d < C; d++) G[p]![q]! += (w * J(c, p) * S[c * C + d]! * J(d, q)) / n;
      }
    }
  }
  const centred = noise.map((row, p) => row.map((value, q) => value - gradient[p]! * gradient[q]!));
  return { G, noise, centred, gradient };
}

describe.each(cases)("(K̃, r̃) of the $name", (one) => {
  it.each([1, 2, 3, 4, 5])("has G, ∇L and the noise of loops over examples, fixture %d", (seed) => {
    const examples = 3 + seed;
    const P = 7;
    const { outputs, targets, shape, draw } = examplesOf(one, examples, seed);
    const jacobian = Float64Array.from({ length: examples * one.outputs * P }, () => 2 * draw() - 1);
    const weights =
      seed % 2 === 0 ? Float64Array.from({ length: examples }, (_, i) => (i === 1 ? 0 : draw())) : undefined;
    const inputs: LossInputs = { outputs, targets, loss: one.loss, ...(weights === undefined ? {} : { weights }) };
    const system = generalisedGramSystem({ jacobian }, inputs, shape);
    const { G, noise, centred, gradient } = dense(jacobian, inputs, shape);
    const found = noiseStructure(system);
    for (const [name, a, b] of [
      ["Tr G", found.traceG, trace(G)],
      ["‖G‖_F", found.frobeniusG, frobenius(G)],
      ["‖∇L‖", found.gradientNorm, Math.hypot(...gradient)],
      ["Tr Σ₁", found.traceUncentredNoise, trace(noise)],
      ["Tr Σ", found.traceNoise, trace(centred)],
      ["‖Σ‖_F", found.frobeniusNoise, frobenius(centred)],
      ["Tr ΣG", found.traceNoiseG, trace(product(centred, G))],
      [
        "∇LᵀG∇L",
        found.gradientCurvature,
        product(
          [gradient],
          product(
            G,
            gradient.map((g) => [g]),
          ),
        )[0]![0]!,
      ],
      ["m", 2 * found.loss, system.naturalScale],
    ] as const)
      expect(relative(a, b), name).toBeLessThan(1e-10);
    const { loss, meanCurvature } = lossDerivatives(inputs, shape);
    expect([system.loss, system.meanCurvature, system.modelOutputs]).toEqual([loss, meanCurvature, one.outputs]);
  });

  it("has the derivatives of each example at its place, times its weight", () => {
    const { outputs, targets, shape } = examplesOf(one, 4, 6);
    const weights = [2, 1, 0.5, 3];
    const all = lossDerivatives({ outputs, targets, loss: one.loss, weights }, shape);
    const C = one.outputs;
    const part = (array: Float64Array, i: number): Float64Array =>
      array.slice((i * array.length) / 4, ((i + 1) * array.length) / 4);
    let [mean, trace] = [0, 0];
    for (let i = 0; i < 4; i++) {
      const w = weights[i]!;
      const at = one.loss.at(part(outputs, i), part(targets, i), i);
      expect(all.values[i]).toBe(w * at.value);
      for (const [found, single, factor] of [
        [all.gradients, at.gradient, w],
        [all.curvatures, at.curvature, w],
        [all.factors, at.factor, Math.sqrt(w)],
        [all.residuals, at.residual, Math.sqrt(w)],
      ] as const)
        expect([...part(found, i)]).toEqual([...single].map((value) => factor * value));
      mean += (w * at.value) / 4;
      for (let c = 0; c < C; c++) trace += (w * at.curvature[c * C + c]!) / 4;
    }
    expect(all.loss).toBeCloseTo(mean, 14);
    expect(all.meanCurvature).toBeCloseTo(trace, 14);
  });

  it("is the same from the Gram matrix of the outputs as from their Jacobian", () => {
    const { outputs, targets, shape, draw } = examplesOf(one, 6, 9);
    const jacobian = Float64Array.from({ length: 6 * one.outputs * 5 }, () => 2 * draw() - 1);
    const { gram } = gramSystemFromJacobian(jacobian, new Float64Array(6 * one.outputs), shape);
    const inputs = { outputs, targets, loss: one.loss, weights: [1, 2, 0.5, 1, 1, 3] };
    const [a, b] = [generalisedGramSystem({ jacobian }, inputs, shape), generalisedGramSystem({ gram }, inputs, shape)];
    b.gram.forEach((value, k) => expect(Math.abs(value - a.gram[k]!)).toBeLessThan(1e-13));
    expect({ ...b, gram: 0 }).toEqual({ ...a, gram: 0 });
  });
});

describe("softmax regression", () => {
  const [n, C, d] = [9, 3, 4];
  const { outputs: inputs, draw } = examplesOf({ ...cases[0]!, outputs: d }, n, 21);
  const targets = labelRows(
    Array.from({ length: n }, () => Math.floor(draw() * C)),
    C,
  );
  const parameters = Float64Array.from({ length: C * d }, () => 2 * draw() - 1);
  const logitsAt = (w: Float64Array): Float64Array =>
    Float64Array.from({ length: n * C }, (_, a) => {
      const [i, c] = [Math.floor(a / C), a % C];
      return inputs.subarray(i * d, (i + 1) * d).reduce((sum, x, k) => sum + x * w[c * d + k]!, 0);
    });
  const jacobian = new Float64Array(n * C * C * d);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < C; c++)
      for (let k = 0; k < d; k++) jacobian[(i * C + c) * C * d + c * d + k] = inputs[i * d + k]!;
  const shape = { examples: n, outputs: C };
  const system = generalisedGramSystem(
    { jacobian },
    { outputs: logitsAt(parameters), targets, loss: crossEntropyLoss() },
    shape,
  );

  it("is linear, so G is the Hessian: its products are those of central differences of the gradient", () => {
    const gradientAt = (w: Float64Array): Float64Array => {
      const { gradients } = lossDerivatives({ outputs: logitsAt(w), targets, loss: crossEntropyLoss() }, shape);
      return Float64Array.from(w, (_, p) => gradients.reduce((sum, s, a) => sum + s * jacobian[a * C * d + p]!, 0) / n);
    };
    const h = 1e-5;
    let [squares, diagonal] = [0, 0];
    for (let p = 0; p < C * d; p++) {
      const [up, down] = [
        gradientAt(parameters.with(p, parameters[p]! + h)),
        gradientAt(parameters.with(p, parameters[p]! - h)),
      ];
      up.forEach((value, q) => {
        const entry = (value - down[q]!) / (2 * h);
        squares += entry * entry;
        if (p === q) diagonal += entry;
      });
    }
    const { frobeniusG, traceG } = noiseStructure(system);
    expect(relative(frobeniusG, Math.sqrt(squares))).toBeLessThan(1e-9);
    expect(relative(traceG, diagonal)).toBeLessThan(1e-9);
  });

  it("has the Hessian (1/n) Σ (diag q − qqᵀ) ⊗ xxᵀ", () => {
    const H = zeros(C * d, C * d);
    const logits = logitsAt(parameters);
    for (let i = 0; i < n; i++) {
      const e = Array.from({ length: C }, (_, c) => Math.exp(logits[i * C + c]!));
      const q = e.map((value) => value / e.reduce((a, b) => a + b));
      for (let a = 0; a < C * d; a++)
        for (let b = 0; b < C * d; b++) {
          const [c, k, e2, l] = [Math.floor(a / d), a % d, Math.floor(b / d), b % d];
          H[a]![b]! += (((c === e2 ? q[c]! : 0) - q[c]! * q[e2]!) * inputs[i * d + k]! * inputs[i * d + l]!) / n;
        }
    }
    const { frobeniusG, traceG } = noiseStructure(system);
    expect(relative(frobeniusG, frobenius(H))).toBeLessThan(1e-13);
    expect(relative(traceG, trace(H))).toBeLessThan(1e-13);
  });
});

describe("three examples, two classes, three parameters", () => {
  const jacobian = Float64Array.of(1, 0, 1, 0, 1, 0, 0, 2, 0, 1, 0, 1, 1, 1, 0, 0, 0, 2);
  const outputs = Float64Array.of(0.5, -0.5, 1, 0, -0.2, 0.3);
  const inputs = { outputs, targets: labelRows([0, 1, 1], 2), loss: crossEntropyLoss() };
  const system = generalisedGramSystem({ jacobian }, inputs, { examples: 3, outputs: 2 });
  const noise = noiseStructure(system);
  const scale = noiseScale(noise);

  it.each<[string, number | undefined, number]>([
    ["L", system.loss, 0.700200119739],
    ["Tr G", noise.traceG, 1.059843224128],
    ["‖G‖_F", noise.frobeniusG, 0.827715203708],
    ["λ₁", noise.largestEigenvalue, 0.786030448717],
    ["‖∇L‖²", noise.gradientNorm ** 2, 0.879328545204],
    ["Tr Σ₁", noise.traceUncentredNoise, 1.426296692099],
    ["Tr Σ", noise.traceNoise, 0.546968146895],
    ["Tr ΣG", noise.traceNoiseG, 0.273719748597],
    ["m", system.naturalScale, 1.230897309781],
    ["α", noise.directionAlignment, 0.724938541323],
    ["μ(m)", noise.alignmentFactor, 0.324580514927],
    ["μ(2L)", (noise.alignmentFactor! * system.naturalScale) / (2 * system.loss), 0.28529364061],
    ["B_simple", scale.simple, 0.622029331219],
    ["B_noise", scale.curvatureWeighted, 0.402220611787],
  ])("%s is the known answer", (_, found, answer) => expect(Math.abs(found! - answer)).toBeLessThan(6e-13));

  it.each([
    [1, 1.059843224128],
    [2, 0.859924803442],
  ])("has the known batch sharpness over all batches of %d", (size, answer) => {
    const batches =
      size === 1
        ? [[0], [1], [2]]
        : [
            [0, 1],
            [0, 2],
            [1, 2],
          ];
    const along = (batch: number[], a: number): number =>
      batch.reduce((sum, b) => sum + (system.gram[a * 3 + b]! * system.residuals[b]!) / size, 0);
    const sharpness = batches.map((batch) => {
      const squares = batch.reduce((sum, a) => sum + (system.residuals[a]! * along(batch, a)) / size, 0);
      return batch.reduce((sum, a) => sum + along(batch, a) ** 2 / size, 0) / squares;
    });
    expect(Math.abs(sharpness.reduce((a, b) => a + b) / batches.length - answer)).toBeLessThan(6e-13);
  });
});

describe("a saturated softmax", () => {
  /** G and ∇L as sums of positive terms: Tr JᵢᵀSᵢJᵢ = ½ Σ_cd q_c q_d ‖J_c − J_d‖². */
  it.each([10, 20, 33, 60])("keeps Tr G and ‖Jᵀs‖ to 1e-12 where a class has all but e^−%d", (gap) => {
    const jacobian = Float64Array.of(1, 0.5, -2, 0.25, -1, 3, 2, 2, 1);
    for (const y of [0, 2]) {
      const logits = [gap, 0.5, 0];
      const system = generalisedGramSystem(
        { jacobian },
        { outputs: logits, targets: labelRows([y], 3), loss: crossEntropyLoss() },
        { examples: 1, outputs: 3 },
      );
      const total = logits.reduce((sum, f) => sum + Math.exp(f - gap), 0);
      const q = logits.map((f) => Math.exp(f - gap) / total);
      const apart = (c: number, d: number, p: number): number => jacobian[c * 3 + p]! - jacobian[d * 3 + p]!;
      let expected = 0;
      const gradient = [0, 0, 0];
      for (let c = 0; c < 3; c++)
        for (let p = 0; p < 3; p++) {
          gradient[p]! += q[c]! * apart(c, y, p);
          for (let d = 0; d < c; d++) expected += q[c]! * q[d]! * apart(c, d, p) ** 2;
        }
      const { traceG, gradientNorm } = noiseStructure(system);
      expect(Math.abs(traceG / expected - 1)).toBeLessThan(1e-12);
      expect(Math.abs(gradientNorm / Math.hypot(...gradient) - 1)).toBeLessThan(1e-12);
    }
  });
});

describe("what does not fit together", () => {
  const good: [{ jacobian: Float64Array } | { gram: Float64Array }, LossInputs, { examples: number; outputs: number }] =
    [
      { jacobian: Float64Array.of(1, 2, 3, 4, 5, 6) },
      { outputs: [1, 2, 3], targets: [1, 0, 1], loss: squareLoss() },
      { examples: 3, outputs: 1 },
    ];
  const refusal = (...[source, inputs, shape]: typeof good): string => {
    try {
      generalisedGramSystem(source, inputs, shape);
    } catch (error) {
      if (error instanceof NoiseStructureError) return `${error.code} ${error.message}`;
      throw error;
    }
    return "none";
  };
  const [source, inputs, shape] = good;

  it("is the square loss where it does", () => {
    const system: GeneralisedGramSystem = generalisedGramSystem(source, inputs, shape);
    expect([...system.residuals]).toEqual([0, 2, 2]);
    expect([system.loss, system.naturalScale]).toEqual([4 / 3, 8 / 3]);
  });

  it.each<[string, string, typeof good]>([
    ["rows", "SHAPE_MISMATCH .*jacobian of 3 rows .*got 5 numbers", [{ jacobian: new Float64Array(5) }, inputs, shape]],
    ["size", "SHAPE_MISMATCH .*gram \\[3 × 3\\].*got 4\\.", [{ gram: new Float64Array(4) }, inputs, shape]],
    ["NaN in J", "NOT_FINITE .*jacobian", [{ jacobian: Float64Array.of(1, 2, NaN) }, inputs, shape]],
    ["NaN in K", "NOT_FINITE .*gram", [{ gram: new Float64Array(9).fill(NaN) }, inputs, shape]],
    [
      "outputs",
      "SHAPE_MISMATCH .*outputs \\[3 × 1\\], 3 numbers, got 2",
      [source, { ...inputs, outputs: [1, 2] }, shape],
    ],
    ["targets", "SHAPE_MISMATCH .*targets \\[3 × 1\\]", [source, { ...inputs, targets: [1] }, shape]],
    ["NaN outputs", "NOT_FINITE .*outputs, got NaN at index 1", [source, { ...inputs, outputs: [1, NaN, 2] }, shape]],
    ["weights", "SHAPE_MISMATCH .*weights of 3 examples, got 2", [source, { ...inputs, weights: [1, 2] }, shape]],
    [
      "a negative weight",
      "INVALID_ARGUMENT .*weights.*got -1 at example 1",
      [source, { ...inputs, weights: [1, -1, 1] }, shape],
    ],
    [
      "an infinite weight",
      "INVALID_ARGUMENT .*weights.*got Infinity at example 0",
      [source, { ...inputs, weights: [Infinity, 1, 1] }, shape],
    ],
    ["no examples", "INVALID_ARGUMENT .*examples", [source, inputs, { examples: 0, outputs: 1 }]],
    ["half an output", "INVALID_ARGUMENT .*outputs", [source, inputs, { examples: 3, outputs: 0.5 }]],
  ])("is refused: %s", (_, said, change) => expect(refusal(...change)).toMatch(new RegExp(`^${said}`)));
});

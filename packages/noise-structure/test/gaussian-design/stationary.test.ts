import { describe, expect, it } from "vitest";
import { gaussianRegularizedLoss, gaussianStationary } from "../../src/gaussian-design.js";

interface State {
  parameters: number[];
  mixed: number[];
  momentum: number[];
}

/** Second moments of parameters and momentum after one step, inputs N(0, diag a): the recursion that the theorems solve. */
function step(spectrum: number[], state: State, rate: number, batch: number, momentum: number, labels: number): State {
  const trace = spectrum.reduce((sum, a, i) => sum + a * state.parameters[i]!, 0);
  const next: State = { parameters: [], mixed: [], momentum: [] };
  spectrum.forEach((a, i) => {
    const [w, wm, m] = [state.parameters[i]!, state.mixed[i]!, state.momentum[i]!];
    const noise = (a * (a * w + trace + labels)) / batch;
    const mm = momentum ** 2 * m + 2 * momentum * a * wm + a * a * w + noise;
    const cross = momentum * wm + a * w;
    next.momentum.push(mm);
    next.mixed.push(cross - rate * mm);
    next.parameters.push(w - 2 * rate * cross + rate ** 2 * mm);
  });
  return next;
}

function stationary(spectrum: number[], rate: number, batch: number, momentum: number, labels: number): State {
  const zeros = spectrum.map(() => 0);
  let state: State = { parameters: zeros, mixed: zeros, momentum: zeros };
  for (let t = 0; t < 60_000; t++) state = step(spectrum, state, rate, batch, momentum, labels);
  return state;
}

const spectrum = [1.3, 0.6, 0.3];

describe("the stationary state of Gaussian regression", () => {
  it.each([
    [0, 0.05],
    [0, 0.2],
    [0.5, 0.1],
    [0.9, 0.02],
  ])("is the fixed point of the second moments, momentum %d, learning rate %d", (momentum, learningRate) => {
    const expected = stationary(spectrum, learningRate, 4, momentum, 0.7);
    const found = gaussianStationary(spectrum, { learningRate, batchSize: 4, momentum, labelVariance: 0.7 })!;
    const trace = spectrum.reduce((sum, a, i) => sum + a * expected.parameters[i]!, 0);
    spectrum.forEach((a, i) => {
      expect(found.variances[i]! / expected.parameters[i]!).toBeCloseTo(1, 12);
      expect(found.noiseVariances[i]).toBeCloseTo((a * (a * expected.parameters[i]! + trace + 0.7)) / 4, 12);
    });
    expect(found.excessLoss).toBeCloseTo(trace / 2, 12);
  });

  it("has the noise of Theorem 3", () => {
    const [rate, batch, momentum, labels] = [0.1, 4, 0.5, 0.7];
    const found = gaussianStationary(spectrum, {
      learningRate: rate,
      batchSize: batch,
      momentum,
      labelVariance: labels,
    })!;
    const damping = spectrum.map((a) => 2 * (1 - momentum) - ((1 - momentum) / (1 + momentum) + 1 / batch) * rate * a);
    const t = spectrum.reduce((sum, a, i) => sum + (rate * a) / damping[i]!, 0);
    const kappa = t / (1 - t / batch);
    spectrum.forEach((a, i) =>
      expect(found.noiseVariances[i]).toBeCloseTo(
        (labels / batch) * a + (labels / batch ** 2) * (1 + kappa / batch) * ((rate * a) / damping[i]! + t) * a,
        14,
      ),
    );
  });

  it.each([
    [1, 1, 1, 2 / 3],
    [4, 2, 0.5, 8 / 7],
    [5, 8, 2, 4 / 7],
  ])(
    "in %d dimensions, S = %d, a = %d is lost at the learning rate 2S/(a(S + D + 1)) = %d",
    (d, batchSize, a, critical) => {
      const at = (factor: number) =>
        gaussianStationary(new Array<number>(d).fill(a), {
          learningRate: factor * critical,
          batchSize,
          labelVariance: 1,
        });
      expect(critical).toBeCloseTo((2 * batchSize) / (a * (batchSize + d + 1)), 14);
      expect(at(1 - 1e-9)).toBeDefined();
      expect(at(1 + 1e-9)).toBeUndefined();
    },
  );

  it("with the spectrum (1, .5, .25, .1) and S = 2 is lost at .9160843705", () => {
    const at = (learningRate: number) =>
      gaussianStationary([1, 0.5, 0.25, 0.1], { learningRate, batchSize: 2, labelVariance: 1 });
    expect(at(0.91608437)).toBeDefined();
    expect(at(0.91608438)).toBeUndefined();
  });

  it.each([0.5, 0.9])("is lost with momentum %d where the second moments grow", (momentum) => {
    const grows = (rate: number): boolean => {
      let state: State = { parameters: [1, 1, 1], mixed: [0, 0, 0], momentum: [0, 0, 0] };
      let last = 0;
      let now = 0;
      for (let t = 0; t < 4000; t++) {
        state = step(spectrum, state, rate, 2, momentum, 0);
        const size = state.parameters.reduce((sum, value) => sum + value, 0);
        if (t === 3000) last = now;
        now += Math.log(size);
        const scaled = (list: number[]): number[] => list.map((value) => value / size);
        state = { parameters: scaled(state.parameters), mixed: scaled(state.mixed), momentum: scaled(state.momentum) };
      }
      return now > last;
    };
    let [low, high] = [0.001, 5];
    for (let k = 0; k < 40; k++) {
      const middle = (low + high) / 2;
      if (gaussianStationary(spectrum, { learningRate: middle, batchSize: 2, momentum, labelVariance: 1 }))
        low = middle;
      else high = middle;
    }
    expect(grows(0.995 * low)).toBe(false);
    expect(grows(1.005 * high)).toBe(true);
  });

  it("has the variance (η/B)/(2 − η(1 + 2/B)) of 1-D regression: .0588235 at η = .1", () => {
    const found = gaussianStationary([1], { learningRate: 0.1, batchSize: 1, labelVariance: 1 })!;
    expect(found.variances[0]).toBeCloseTo(1 / 17, 15);
  });

  it("tends to λσ²/(2S) for small steps and large batches, and leaves flat directions alone", () => {
    const found = gaussianStationary([1, 0.2, 0], { learningRate: 1e-6, batchSize: 1e6, labelVariance: 3 })!;
    for (const i of [0, 1]) expect(found.variances[i]! / ((1e-6 * 3) / 2e6)).toBeCloseTo(1, 5);
    expect(found.variances[2]).toBe(0);
  });
});

describe("the stationary test loss with weight decay", () => {
  const [rate, batch] = [0.4, 4];
  const eigenvalues = [1, 0.6, 0.3];
  const teacher = [0.7, -1.2, 0.4];

  it.each([0.2, -0.05])("is that of the second moments for decay %d", (decay) => {
    // z = w − w* has mean 0; the data gradient is xxᵀ(z − v) with v = u − w*.
    const bias = eigenvalues.map((a, i) => ((decay * teacher[i]!) / (a + decay)) ** 2);
    let variances = [0, 0, 0];
    for (let t = 0; t < 5000; t++) {
      const trace = eigenvalues.reduce((sum, a, i) => sum + a * (variances[i]! + bias[i]!), 0);
      variances = eigenvalues.map(
        (a, i) =>
          (1 - rate * (a + decay)) ** 2 * variances[i]! +
          ((rate ** 2 * a) / batch) * (a * (variances[i]! + bias[i]!) + trace),
      );
    }
    const expected = eigenvalues.reduce((sum, a, i) => sum + (a * (variances[i]! + bias[i]!)) / 2, 0);
    const found = gaussianRegularizedLoss(eigenvalues, [decay, decay, decay], teacher, {
      learningRate: rate,
      batchSize: batch,
    });
    expect(found! / expected).toBeCloseTo(1, 12);
  });

  it("is 0 without weight decay, and lost at large learning rates", () => {
    const dynamics = { learningRate: rate, batchSize: batch };
    expect(gaussianRegularizedLoss(eigenvalues, [0, 0, 0], teacher, dynamics)).toBe(0);
    expect(
      gaussianRegularizedLoss(eigenvalues, [0, 0, 0], teacher, { ...dynamics, learningRate: 1.6 }),
    ).toBeUndefined();
    expect(gaussianRegularizedLoss(eigenvalues, [0, 0, 0], teacher, { ...dynamics, learningRate: 9 })).toBeUndefined();
  });

  it("refuses decay that turns a direction unstable, and lengths that differ", () => {
    const dynamics = { learningRate: rate, batchSize: batch };
    expect(() => gaussianRegularizedLoss([1], [-1], [1], dynamics)).toThrow(/index 0/);
    expect(() => gaussianRegularizedLoss([1, 2], [0], [1, 1], dynamics)).toThrow(/weightDecay, 2 numbers, got 1/);
    expect(() => gaussianStationary([-1], { ...dynamics, labelVariance: 1 })).toThrow(/spectrum\[0\]/);
    expect(() => gaussianStationary([1], { ...dynamics, labelVariance: 1, momentum: 1 })).toThrow(
      /momentum in \[0, 1\)/,
    );
  });
});

import { describe, expect, it } from "vitest";
import { NoiseStructureError } from "../../src/index.js";
import {
  convexLoss,
  crossEntropyLoss,
  huberLoss,
  labelRows,
  leastMeanLoss,
  logisticLoss,
  lossIds,
  lossNamed,
  poissonLoss,
  pseudoHuberLoss,
  squareLoss,
} from "../../src/losses.js";
import { cases, examplesOf } from "./cases.js";

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof NoiseStructureError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "none";
};

/** `|a − b|` relative to b, or a itself where b is 0. */
const distance = (a: number, b: number): number => Math.abs(b === 0 ? a : a / b - 1);

describe.each(cases)("the loss $name", (one) => {
  const { loss, outputs: C } = one;
  const { outputs, targets } = examplesOf(one, 5, 3);
  const points = [0, 1, 2, 3, 4].map((i) => ({
    f: outputs.slice(i * C, (i + 1) * C),
    y: targets.slice(i * C, (i + 1) * C),
  }));

  it("has the gradient of its value and the curvature of its gradient, by central differences", () => {
    const h = 1e-5;
    for (const { f, y } of points) {
      const { gradient, curvature } = loss.at(f, y);
      for (let c = 0; c < C; c++) {
        const [up, down] = [h, -h].map((step) => loss.at(f.with(c, f[c]! + step), y));
        expect(gradient[c]!).toBeCloseTo((up!.value - down!.value) / (2 * h), 8);
        for (let d = 0; d < C; d++)
          expect(curvature[d * C + c]!).toBeCloseTo((up!.gradient[d]! - down!.gradient[d]!) / (2 * h), 8);
      }
    }
  });

  it("has the same value alone, NaN where an output is", () => {
    for (const { f, y } of points) expect(loss.value(f, y)).toBe(loss.at(f, y).value);
    expect(
      loss.value(
        points[0]!.f.map(() => NaN),
        points[0]!.y,
      ),
    ).toBeNaN();
  });

  it("has a least value that no outputs go below, and reaches it with s = 0, or else loses its gradient on the way", () => {
    for (const { f, y } of points) {
      const least = loss.least?.(y);
      if (least === undefined) {
        expect(loss.id).toBe("log-cosh");
        continue;
      }
      expect(loss.value(f, y)).toBeGreaterThanOrEqual(least.value);
      if (least.outputs === undefined) {
        // Labels, and counts of none: on the way there the gradient vanishes.
        const logit = (target: number): number =>
          loss.id === "poisson" ? Math.log(Math.max(target, 1e-30)) : 90 * target;
        const far = Float64Array.from(y, loss.id === "logistic" ? (target) => 90 * (target - 0.5) : logit);
        expect(loss.value(far, y) - least.value).toBeLessThan(1e-12);
        expect(Math.max(...loss.at(far, y).gradient.map(Math.abs))).toBeLessThan(1e-12);
        continue;
      }
      const { value, gradient, residual } = loss.at(least.outputs, y);
      expect(value).toBeCloseTo(least.value, 13);
      for (const s of [...gradient, ...residual]) expect(Math.abs(s)).toBeLessThan(1e-14);
    }
  });

  it("has factors with RᵀR = S and Rᵀr̃ = s", () => {
    const rows = loss.rows(C);
    for (const { f, y } of points) {
      const { gradient, curvature, factor, residual } = loss.at(f, y);
      expect([factor.length, residual.length]).toEqual([rows * C, rows]);
      const sum = (term: (row: number) => number): number =>
        Array.from({ length: rows }, (_, row) => term(row)).reduce((a, b) => a + b, 0);
      for (let c = 0; c < C; c++) {
        expect(sum((row) => factor[row * C + c]! * residual[row]!)).toBeCloseTo(gradient[c]!, 14);
        for (let d = 0; d < C; d++)
          expect(sum((row) => factor[row * C + c]! * factor[row * C + d]!)).toBeCloseTo(curvature[c * C + d]!, 14);
      }
    }
  });
});

describe("softmax cross-entropy", () => {
  /** `1/q_y − 1 = Σ_{d≠y} e^{f_d − f_y}`: a sum of positive terms. */
  const odds = (logits: readonly number[], y: number): number =>
    logits.reduce((sum, f, d) => (d === y ? sum : sum + Math.exp(f - logits[y]!)), 0);

  it.each([1, 20.7, -20.7, 36, -36, 100, -100, 600, -600])(
    "has sᵀS⁺s = 1/q_y − 1 to 1e-12 where the logit of the label is %d above the others",
    (gap) => {
      for (const others of [[0], [0, 0.3], [0, -1, 0.5, 0.25, -7]])
        for (const y of [0, others.length]) {
          const logits = others.toSpliced(y, 0, gap);
          const { residual } = crossEntropyLoss().at(logits, labelRows([y], logits.length));
          const squares = residual.reduce((sum, r) => sum + r * r, 0);
          expect(distance(squares, odds(logits, y))).toBeLessThan(1e-12);
        }
    },
  );

  it("keeps every digit of s, S and RᵀR where one class has all but 1e-18 of the probability", () => {
    const logits = [41.5, 0, -1, 0.5];
    for (const y of [0, 2]) {
      const { gradient, curvature, factor, residual } = crossEntropyLoss().at(logits, labelRows([y], 4));
      const total = 1 + odds(logits, 0);
      const q = logits.map((f) => Math.exp(f - 41.5) / total);
      const rest = q.map((_, c) => q.reduce((sum, other, d) => (c === d ? sum : sum + other), 0));
      for (let c = 0; c < 4; c++) {
        expect(distance(gradient[c]!, c === y ? -rest[c]! : q[c]!)).toBeLessThan(1e-14);
        let back = 0;
        for (let row = 0; row < 3; row++) back += factor[row * 4 + c]! * residual[row]!;
        expect(distance(back, c === y ? -rest[c]! : q[c]!)).toBeLessThan(1e-12);
        for (let d = 0; d < 4; d++) {
          const expected = c === d ? q[c]! * rest[c]! : -q[c]! * q[d]!;
          let product = 0;
          for (let row = 0; row < 3; row++) product += factor[row * 4 + c]! * factor[row * 4 + d]!;
          expect(distance(curvature[c * 4 + d]!, expected)).toBeLessThan(1e-14);
          expect(distance(product, expected)).toBeLessThan(1e-12);
        }
      }
    }
  });

  it("of two classes is the logistic loss of the difference of logits", () => {
    for (const f of [-40, -3, -0.1, 0, 2, 50])
      for (const y of [0, 1]) {
        const two = crossEntropyLoss().at([f, 0], [y, 1 - y]);
        const one = logisticLoss().at([f], [y]);
        expect(distance(two.value, one.value)).toBeLessThan(1e-14);
        expect(distance(two.gradient[0]!, one.gradient[0]!)).toBeLessThan(1e-14);
        expect(distance(Math.abs(two.residual[0]!), Math.abs(one.residual[0]!))).toBeLessThan(1e-14);
        expect(distance(two.factor[0]! ** 2, one.curvature[0]!)).toBeLessThan(1e-13);
      }
  });

  it("with label smoothing ε is that of the targets (1 − ε)y + ε/C", () => {
    const f = [0.3, -1, 2];
    const smoothed = crossEntropyLoss({ labelSmoothing: 0.3 }).at(f, [0, 1, 0]);
    const soft = crossEntropyLoss().at(f, [0.1, 0.8, 0.1]);
    expect(smoothed.value).toBeCloseTo(soft.value, 14);
    smoothed.residual.forEach((r, row) => expect(r).toBeCloseTo(soft.residual[row]!, 14));
  });

  it("has the entropy of its targets for its least, where those are soft reached at their logarithms", () => {
    const smoothed = crossEntropyLoss({ labelSmoothing: 0.2 }).least!([0, 0, 1, 0]);
    expect(smoothed.value).toBeCloseTo(-(0.85 * Math.log(0.85) + 3 * 0.05 * Math.log(0.05)), 14);
    smoothed.outputs!.forEach((f, c) => expect(f).toBeCloseTo(Math.log(c === 2 ? 0.85 : 0.05), 14));
    expect(crossEntropyLoss().least!([0, 0, 1, 0])).toEqual({ value: 0, outputs: undefined });
    const partly = crossEntropyLoss().least!([0.5, 0, 0.5]);
    expect([partly.value, partly.outputs]).toEqual([Math.log(2), undefined]);
    expect(refusal(() => crossEntropyLoss().least!([0.5, 0.4], 3))).toMatch(/INVALID_ARGUMENT .*at example 3/);
  });

  it("does not move with a constant added to all logits, nor with classes that are ruled out", () => {
    const one = crossEntropyLoss().at([1, 2, 3], [0, 1, 0]);
    const moved = crossEntropyLoss().at([1001, 1002, 1003], [0, 1, 0]);
    expect(moved.value).toBeCloseTo(one.value, 12);
    expect([...moved.residual].map((r) => r.toFixed(12))).toEqual([...one.residual].map((r) => r.toFixed(12)));
    const masked = crossEntropyLoss().at([1, 2, 3, -1e6], [0, 1, 0, 0]);
    expect(masked.value).toBe(one.value);
    expect(masked.curvature[15]).toBe(0);
    expect(crossEntropyLoss().at([1, 2, 3, -Infinity], [0, 1, 0, 0]).value).toBe(one.value);
  });

  it("takes targets that sum to 1 within the rounding of Float16, divided by their sum", () => {
    const rounded = crossEntropyLoss().at([0.3, -1, 2], [0.1998, 0.2997, 0.4995]);
    const exact = crossEntropyLoss().at([0.3, -1, 2], [0.2, 0.3, 0.5]);
    expect(rounded.value).toBeCloseTo(exact.value, 14);
    rounded.residual.forEach((r, row) => expect(r).toBeCloseTo(exact.residual[row]!, 14));
  });

  it.each<[string, ArrayLike<number>, ArrayLike<number>, RegExp]>([
    ["one output", [1], [1], /INVALID_ARGUMENT .*at least 2 outputs per example, got 1.*logistic/],
    ["targets that sum to 0.9", [1, 2], [0.5, 0.4], /INVALID_ARGUMENT .*sum to 1 .*got 0\.9 at example 7/],
    ["a negative target", [1, 2], [1.5, -0.5], /INVALID_ARGUMENT .*at least 0, got -0\.5 at class 1 of example 7/],
    ["a label without any probability", [0, 5000], [1, 0], /NOT_FINITE .*got a difference of 5000 at example 7/],
    ["NaN", [0, NaN], [1, 0], /NOT_FINITE /],
  ])("refuses %s by name", (_, f, y, said) => expect(refusal(() => crossEntropyLoss().at(f, y, 7))).toMatch(said));
});

describe("losses of one output", () => {
  it.each([-700, -30, -1, 0, 1, 30, 700])("logistic: sᵀS⁺s is e^{∓f} to 1e-13 for labels at f = %d", (f) => {
    expect(distance(logisticLoss().at([f], [1]).residual[0]! ** 2, Math.exp(-f))).toBeLessThan(1e-13);
    expect(distance(logisticLoss().at([f], [0]).residual[0]! ** 2, Math.exp(f))).toBeLessThan(1e-13);
    expect(
      distance(logisticLoss().at([f], [1]).value, f > 0 ? Math.log1p(Math.exp(-f)) : Math.log1p(Math.exp(f)) - f),
    ).toBeLessThan(1e-14);
  });

  it("refuse targets out of their domain, naming output and example", () => {
    expect(refusal(() => logisticLoss().at([1, 1], [1, -1], 4))).toMatch(
      /INVALID_ARGUMENT .*between 0 and 1, got -1 at output 1 of example 4/,
    );
    expect(refusal(() => poissonLoss().at([1], [-1], 4))).toMatch(/INVALID_ARGUMENT .*at least 0, got -1/);
    expect(refusal(() => poissonLoss().at([800], [1], 4))).toMatch(/NOT_FINITE .*got outputs 800/);
    expect(refusal(() => squareLoss().at([1], [NaN]))).toMatch(/NOT_FINITE/);
  });

  it("Huber is the square loss within δ and is refused beyond, where it has a gradient and no curvature", () => {
    const within = huberLoss({ delta: 2 }).at([2, -1], [0, 0]);
    expect(within).toEqual(squareLoss().at([2, -1], [0, 0]));
    expect(refusal(() => huberLoss({ delta: 2 }).at([0, 2.5], [0, 0], 9))).toMatch(
      /^GRADIENT_OUT_OF_RANGE huber loss: the residual 2\.5 at output 1 of example 9 is beyond δ = 2/,
    );
    for (const delta of [0, -1, NaN, Infinity])
      for (const make of [huberLoss, pseudoHuberLoss])
        expect(refusal(() => make({ delta }))).toMatch(/INVALID_ARGUMENT .*delta/);
  });

  it("pseudo-Huber tends to the square loss for large δ and to δ|r| far out", () => {
    expect(pseudoHuberLoss({ delta: 1e6 }).at([3], [1]).value).toBeCloseTo(2, 9);
    expect(pseudoHuberLoss({ delta: 2 }).at([1e9], [0]).value / 2e9).toBeCloseTo(1, 8);
  });
});

describe("label smoothing of the logistic loss", () => {
  it("is that of the targets (1 − ε)y + ε/2, and of cross-entropy of two classes", () => {
    for (const f of [-3, 0.2, 4])
      for (const y of [0, 1]) {
        const smoothed = logisticLoss({ labelSmoothing: 0.3 }).at([f], [y]);
        expect(smoothed).toEqual(logisticLoss().at([f], [0.7 * y + 0.15]));
        const two = crossEntropyLoss({ labelSmoothing: 0.3 });
        expect(smoothed.value).toBeCloseTo(two.at([f, 0], [y, 1 - y]).value, 14);
        expect(logisticLoss({ labelSmoothing: 0.3 }).least!([y]).value).toBeCloseTo(two.least!([y, 1 - y]).value, 14);
      }
  });
});

describe("the least mean loss of a data set", () => {
  it("is the mean over the examples, attained where it is for each", () => {
    const targets = labelRows([0, 2, 1, 1], 3);
    const shape = { examples: 4, outputs: 3 };
    const entropy = -(0.8 * Math.log(0.8) + 0.2 * Math.log(0.1));
    const smoothed = leastMeanLoss(crossEntropyLoss({ labelSmoothing: 0.3 }), targets, shape)!;
    expect(smoothed.loss).toBeCloseTo(entropy, 14);
    expect(smoothed.attained).toBe(true);
    expect(leastMeanLoss(crossEntropyLoss(), targets, shape)).toEqual({ loss: 0, attained: false });
    const mixed = leastMeanLoss(crossEntropyLoss(), [0.5, 0.5, 1, 0], { examples: 2, outputs: 2 });
    expect(mixed).toEqual({ loss: Math.log(2) / 2, attained: false });
    expect(leastMeanLoss(squareLoss(), targets, shape)).toEqual({ loss: 0, attained: true });
    expect(leastMeanLoss(poissonLoss(), [2, 1], { examples: 2, outputs: 1 })!.loss).toBeCloseTo(
      (3 - 2 * Math.log(2)) / 2,
      14,
    );
  });

  it("is unknown of a loss of one's own that does not say it, and refused where shapes do not fit", () => {
    const own = { id: "x", value: () => 1, gradient: () => [0], curvature: () => [1] };
    const shape = { examples: 2, outputs: 1 };
    expect(leastMeanLoss(convexLoss(own), [0, 0], shape)).toBeUndefined();
    const least = (): { value: number; outputs: Float64Array } => ({ value: 1, outputs: Float64Array.of(0) });
    expect(leastMeanLoss(convexLoss({ ...own, least }), [0, 0], shape)).toEqual({ loss: 1, attained: true });
    expect(refusal(() => leastMeanLoss(squareLoss(), [0, 0, 0], shape))).toMatch(
      /^SHAPE_MISMATCH leastMeanLoss: expected targets \[2 × 1\], 2 numbers, got 3/,
    );
  });
});

describe("the value alone", () => {
  it("is there also where no Gram system is", () => {
    expect(huberLoss({ delta: 2 }).value([0, 5], [0, 0])).toBe(8);
    expect(crossEntropyLoss().value([0, 5000], [1, 0])).toBe(5000);
    expect(refusal(() => logisticLoss().value([1], [2], 3))).toMatch(/between 0 and 1, got 2 at output 0 of example 3/);
    expect(refusal(() => crossEntropyLoss().value([1, 2], [1, 1], 3))).toMatch(/sum to 1 .* at example 3/);
  });
});

describe("losses by name", () => {
  it("are all there", () => {
    expect([...lossIds].sort()).toEqual(
      ["square", "cross-entropy", "logistic", "huber", "pseudo-huber", "poisson"].sort(),
    );
    for (const id of lossIds) expect(lossNamed(id).id).toBe(id);
    expect(lossNamed("huber", { delta: 3 }).at([2], [0]).value).toBe(2);
  });

  it("say the most that Tr S can be where it vanishes as an example is fitted", () => {
    for (const C of [2, 5]) {
      const even = crossEntropyLoss().at(new Array<number>(C).fill(1), labelRows([0], C)).curvature;
      const trace = Array.from({ length: C }, (_, c) => even[c * C + c]!).reduce((a, b) => a + b);
      expect(crossEntropyLoss().largestCurvature!(C)).toBeCloseTo(trace, 14);
      expect(logisticLoss().largestCurvature!(C)).toBe(C * logisticLoss().at([0], [1]).curvature[0]!);
    }
    for (const loss of [
      crossEntropyLoss({ labelSmoothing: 0.1 }),
      logisticLoss({ labelSmoothing: 0.1 }),
      squareLoss(),
      poissonLoss(),
      huberLoss(),
    ])
      expect(loss.largestCurvature).toBeUndefined();
  });

  it("are refused where they have no curvature, are unknown, or take no such option", () => {
    for (const id of ["hinge", "absolute"])
      expect(refusal(() => lossNamed(id))).toMatch(
        new RegExp(`^LOSS_WITHOUT_CURVATURE lossNamed: the ${id} loss is piecewise linear`),
      );
    expect(refusal(() => lossNamed("toString"))).toMatch(/^INVALID_ARGUMENT .*expected one of square, .*got toString/);
    expect(refusal(() => lossNamed("square", { delta: 1 }))).toMatch(
      /^INVALID_ARGUMENT .*square loss takes no delta, got 1/,
    );
    for (const labelSmoothing of [1, -0.1])
      for (const make of [crossEntropyLoss, logisticLoss])
        expect(refusal(() => make({ labelSmoothing }))).toMatch(/INVALID_ARGUMENT .*labelSmoothing/);
  });
});

describe("a loss of one's own", () => {
  const hinge = convexLoss({
    id: "hinge",
    value: (f, y) => Math.max(0, 1 - f[0]! * y[0]!),
    gradient: (f, y) => [f[0]! * y[0]! < 1 ? -y[0]! : 0],
    curvature: () => [0],
  });

  it("is refused by name where its gradient is not in the range of its curvature, and is taken elsewhere", () => {
    expect(refusal(() => hinge.at([0.2], [1], 5))).toMatch(
      /^GRADIENT_OUT_OF_RANGE hinge loss: its curvature is singular at example 5, and its gradient has a part of -1/,
    );
    expect(hinge.at([2], [1]).residual[0]).toBe(0);
  });

  it("may have a gradient beside the range of its curvature within its rounding, whatever its scale", () => {
    const flat = (gradient: number[]): string =>
      refusal(() =>
        convexLoss({ id: "x", value: () => 0, gradient: () => gradient, curvature: () => [1, 0, 0, 0] }).at(
          [0, 0],
          [0, 0],
        ),
      );
    expect(flat([1e6, 1e-6])).toBe("none");
    expect(flat([1e-6, 1e-14])).toMatch(/^GRADIENT_OUT_OF_RANGE/);
    expect(flat([0, 0])).toBe("none");
  });

  it("by s and S alone has the same S⁺ as the closed form of cross-entropy", () => {
    const closed = crossEntropyLoss();
    const own = convexLoss({
      id: "softmax",
      value: (f, y) => closed.at(f, y).value,
      gradient: (f, y) => closed.at(f, y).gradient,
      curvature: (f, y) => closed.at(f, y).curvature,
    });
    const [f, y] = [[0.5, -1, 1.5, 0], labelRows([1], 4)];
    const square = (residual: Float64Array): number => residual.reduce((sum, r) => sum + r * r, 0);
    expect(distance(square(own.at(f, y).residual), square(closed.at(f, y).residual))).toBeLessThan(1e-13);
  });

  it("is refused where it is concave, or does not fit its outputs", () => {
    const curved = (curvature: number[]): string =>
      refusal(() =>
        convexLoss({ id: "x", value: () => 0, gradient: () => [0], curvature: () => curvature }).at([1], [0], 2),
      );
    expect(curved([-1])).toMatch(
      /^NOT_POSITIVE_SEMIDEFINITE x loss: expected a convex loss, got the curvature -1 at example 2/,
    );
    expect(curved([1, 2])).toMatch(/^SHAPE_MISMATCH/);
    const short = convexLoss({ id: "x", value: () => 0, gradient: () => [1, 2], curvature: () => [1] });
    expect(refusal(() => short.at([1], [0]))).toMatch(/^SHAPE_MISMATCH .*a gradient of 1 .* got 2 and 1/);
  });
});

it("labels become rows with a one, or are refused by example", () => {
  expect([...labelRows([2, 0], 3)]).toEqual([0, 0, 1, 1, 0, 0]);
  for (const label of [3, -1, 0.5, NaN])
    expect(refusal(() => labelRows([0, label], 3))).toMatch(/^INVALID_ARGUMENT .*labels 0 … 2, got .* at example 1/);
});

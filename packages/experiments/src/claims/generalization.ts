import type { Claim, Figure, Job, Scope } from "../claim.js";
import { chart, type ChartSeries } from "../figure/chart.js";
import type { Canvas } from "../figure/theme.js";
import { judgeValues, type Acceptance } from "../judge.js";
import type { MinimumRecord } from "../run/record.js";
import type { ClosedFormTask } from "../run/task.js";
import { groupBy, median, spread } from "../statistics.js";
import { batchLabel, cell, minimaOf, recordsOf } from "./minima.js";
import { closedFormTraining, ofPreset, reluTask, seedsOf } from "./settings.js";

/** Stability bounds the trace, the trace bounds the norm of the function, and the norm the test error. */
export const generalization: Claim<"training"> = {
  name: "generalization",
  title: "Stability of SGD bounds the trace, and larger steps generalise better",
  statement:
    "Where SGD with batches of one stays, Tr H ≤ 2/η; so the path norm of a two-layer network and the ℓ₁ norm of a diagonal one shrink as η grows, and the test error with them, while gradient descent knows no such limit.",
  source:
    "Wu & Su, ICML 2023 (arXiv:2305.17490), as lecture notes and a reproduction quote it; settings follow the reproduction, scaled down in the fast preset. Path norm ≤ Tr G/√d for the population trace; ½Σ(‖w‖² + d·a²) for that trace is derived here.",
  method:
    "Two-layer ReLU networks learn a ReLU teacher from inputs on a sphere, and diagonal linear networks a sparse one from inputs in a cube, by SGD with batches of one and by gradient descent, at learning rates a factor of two apart, from large starts. Traces are exact; the test loss is that of a thousand fresh examples.",
  study: "training",
  jobs: (scope) => [...reluJobs(scope), ...diagonalJobs(scope)],
  judge: (finished) =>
    [...groupBy(recordsOf(finished), familyOf)].flatMap(([family, records]) => judgeFamily(family, records)),
  figures: (finished, canvas) =>
    [...groupBy(recordsOf(finished), familyOf)].flatMap(([family, records]) => figuresOf(family, records, canvas)),
  table: (finished) => ({
    title: "Every run",
    headings: [
      "model",
      "η",
      "B",
      "seed",
      "steps",
      "loss L",
      "Tr H",
      "Tr H·η/2",
      "‖H‖_F·η",
      "test loss",
      "path norm",
      "balance",
    ],
    left: [0],
    rows: recordsOf(finished).map((record) => [
      record.model,
      String(record.learningRate),
      batchLabel(record),
      String(record.seed),
      String(record.steps),
      cell(record.loss, 2),
      cell(record.minimum?.trace, 4),
      cell(record.minimum === undefined ? undefined : traceOf(record)),
      cell(record.minimum === undefined ? undefined : record.minimum.frobeniusNorm * record.learningRate),
      cell(record.learned?.testLoss),
      cell(record.learned?.pathNorm),
      cell(record.learned?.balance),
    ]),
  }),
};

const familyOf = ({ model }: MinimumRecord): string =>
  model.startsWith("two-layer") ? "two-layer ReLU" : "diagonal linear";
const traceOf = (record: MinimumRecord): number => (record.minimum!.trace * record.learningRate) / 2;

type Training = Job<"training">;

function reluJobs(scope: Scope): Training[] {
  const { preset } = scope;
  const { inputs, width, count, rates, neurons, testCount } = ofPreset(preset, {
    test: { inputs: 5, width: 20, count: 12, rates: [0.02, 0.04], neurons: 3, testCount: 50 },
    fast: { inputs: 20, width: 60, count: 60, rates: [0.0025, 0.005, 0.01, 0.02, 0.04], neurons: 3, testCount: 1000 },
    full: {
      inputs: 100,
      width: 100,
      count: 300,
      rates: [0.001, 0.002, 0.004, 0.008, 0.016],
      neurons: 10,
      testCount: 1000,
    },
  });
  const maxSteps = ofPreset(preset, { test: 5000, fast: 60_000, full: 400_000 });
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 3, full: 3 })).flatMap((seed) =>
    rates.flatMap((learningRate) =>
      [1, count].map((batchSize): Training => ({
        role: "two-layer ReLU",
        task: reluTask({
          inputs,
          width,
          count,
          neurons,
          testCount,
          learningRate,
          batchSize,
          seed,
          maxSteps,
          lossBelow: 1e-6,
        }),
      })),
    ),
  );
}

function diagonalJobs(scope: Scope): Training[] {
  const { preset } = scope;
  const { inputs, count, rates } = ofPreset(preset, {
    test: { inputs: 20, count: 12, rates: [0.02, 0.04] },
    fast: { inputs: 100, count: 60, rates: [0.008, 0.016, 0.032, 0.064, 0.128] },
    full: { inputs: 1000, count: 300, rates: [0.004, 0.008, 0.016, 0.032, 0.064, 0.128] },
  });
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 3, full: 3 })).flatMap((seed) =>
    rates.flatMap((learningRate) =>
      [1, count].map((batchSize): Training => ({
        role: "diagonal linear",
        task: {
          data: { kind: "cube", inputs, count, teacher: { kind: "sparse", coordinates: 3 }, seed, testCount: 1000 },
          model: { kind: "diagonal-linear" },
          learningRate,
          batchSize,
          ...closedFormTraining,
          seed,
          lossBelow: 1e-6,
          maxSteps: ofPreset(preset, { test: 5000, fast: 200_000, full: 1_000_000 }),
        } satisfies ClosedFormTask,
      })),
    ),
  );
}

/** The value at each learning rate, median over seeds. */
function medianByRate(
  records: MinimumRecord[],
  value: (record: MinimumRecord) => number | undefined,
): { rate: number; value: number }[] {
  return [...groupBy(records, ({ learningRate }) => learningRate)]
    .flatMap(([rate, group]) => {
      const middle = median(group.map(value).filter((each) => each !== undefined));
      return middle === undefined ? [] : [{ rate, value: middle }];
    })
    .sort((a, b) => a.rate - b.rate);
}

/** The last over the first. */
const ratio = (values: { value: number }[]): (number | undefined)[] =>
  values.length < 2 ? [] : [values.at(-1)!.value / values[0]!.value];

function judgeFamily(family: string, records: MinimumRecord[]): Acceptance[] {
  const minima = minimaOf(records);
  const noisy = minima.filter((record) => !record.gradientDescent);
  const descent = minima.filter((record) => record.gradientDescent);
  const test = (record: MinimumRecord): number | undefined => record.learned?.testLoss;
  return [
    judgeValues(
      `${family}: Tr H·η/2 ≤ 1 for SGD with batches of one (median over seeds of each η)`,
      medianByRate(noisy, traceOf).map(({ value }) => value),
      [0, 1.05],
      "the theorem, and a twentieth for the scatter of single paths",
      noisy.length,
    ),
    judgeValues(
      `${family}: Tr H·η/2 of gradient descent at the largest η`,
      medianByRate(descent, traceOf)
        .slice(-1)
        .map(({ value }) => value),
      [1, Infinity],
      "gradient descent exceeds the limit of SGD",
      descent.length,
    ),
    judgeValues(
      `${family}: test loss of SGD at its largest η over that at its smallest (medians over seeds)`,
      ratio(medianByRate(noisy, test)),
      [0, 0.9],
      "the claim: it falls",
      noisy.length,
    ),
    judgeValues(
      `${family}: test loss of SGD over that of gradient descent at the largest η of both (medians over seeds)`,
      (() => {
        const [stochastic, full] = [medianByRate(noisy, test), medianByRate(descent, test)];
        const last = stochastic.filter(({ rate }) => full.some((one) => one.rate === rate)).at(-1);
        return last === undefined ? [] : [last.value / full.find(({ rate }) => rate === last.rate)!.value];
      })(),
      [0, 0.9],
      "the claim: SGD generalises better where its steps are large",
      minima.length,
    ),
    family === "two-layer ReLU"
      ? judgeValues(
          `${family}: path norm ≤ population Tr G/√d`,
          minima.map(({ learned, model }) =>
            learned?.pathNorm === undefined
              ? undefined
              : (learned.pathNorm * Math.sqrt(Number(model.split("-").at(-2)))) / learned.populationTrace!,
          ),
          [0, 1 + 1e-9],
          "an inequality for every network",
        )
      : judgeValues(
          `${family}: balance Σ(a² + b²)/(2Σ|ab|) of SGD at its largest η over that of gradient descent (medians over seeds)`,
          (() => {
            const of = (own: MinimumRecord[]) => medianByRate(own, ({ learned }) => learned?.balance).at(-1)?.value;
            const [stochastic, full] = [of(noisy), of(descent)];
            return stochastic === undefined || full === undefined ? [] : [stochastic / full];
          })(),
          [0, 0.9],
          "the claim: SGD drives it towards 1, its least value",
          minima.length,
        ),
  ];
}

function figuresOf(family: string, records: MinimumRecord[], canvas: Canvas): Figure[] {
  const minima = minimaOf(records);
  const rates = [...new Set(minima.map(({ learningRate }) => learningRate))].sort((a, b) => a - b);
  const points = (
    gradientDescent: boolean,
    value: (record: MinimumRecord) => number | undefined,
  ): ChartSeries["points"] =>
    [
      ...groupBy(
        minima.filter((record) => record.gradientDescent === gradientDescent),
        ({ learningRate }) => learningRate,
      ),
    ]
      .sort(([a], [b]) => a - b)
      .flatMap(([x, group]) => {
        const range = spread(group.map(value).filter((each) => each !== undefined));
        return range === undefined ? [] : [{ x, y: range.middle, low: range.low, high: range.high }];
      });
  const relu = family === "two-layer ReLU";
  const slug = family.toLowerCase().replace(/[^a-z]+/g, "-");
  const x = { type: "log", label: "learning rate η", ticks: rates } as const;
  const both = (label: string, style: number, value: (record: MinimumRecord) => number | undefined): ChartSeries[] => [
    { label: `${label}, SGD`, style, points: points(false, value) },
    { label: `${label}, GD`, style, dash: true, points: points(true, value) },
  ];
  return [
    {
      name: `trace-${slug}`,
      title: `Tr H against 2/η: ${family}`,
      caption:
        "Traces and norms of H at the minimum, medians and ranges over seeds; dashed and hollow is gradient descent. The line is the limit of the trace for SGD with batches of one.",
      svg: chart(
        {
          x,
          y: { type: "log", label: "curvature at the minimum", include: [2 / rates[0]!] },
          predictions: [{ label: "2/η", points: rates.map((rate) => ({ x: rate, y: 2 / rate })) }],
          shade: "above",
          series: [
            ...both("Tr H", 0, (record) => record.minimum!.trace),
            ...both("‖H‖_F", 1, (record) => record.minimum!.frobeniusNorm),
            ...both("λ_max", 2, (record) => record.minimum!.largestEigenvalue),
          ],
          description:
            "Trace, Frobenius norm and largest eigenvalue of the Hessian at the minimum against the learning rate, for SGD and gradient descent, with the limit 2/η of the trace.",
        },
        canvas,
      ),
    },
    {
      name: `test-${slug}`,
      title: `Test loss over the learning rate: ${family}`,
      caption: "Loss on a thousand fresh examples, medians and ranges over seeds.",
      svg: chart(
        {
          x,
          y: { type: "log", label: "test loss" },
          series: both("test loss", 0, (record) => record.learned?.testLoss),
          height: 300,
          description: "Test loss against the learning rate, for SGD and gradient descent.",
        },
        canvas,
      ),
    },
    {
      name: `norm-${slug}`,
      title: relu ? "Path norm over the learning rate" : "Balance over the learning rate",
      caption: relu
        ? "Σ|a_j|‖w_j‖ at the minimum under its limit 2/(η√d), which follows from that of the population trace."
        : "Σ(a² + b²)/(2Σ|ab|) at the minimum; it is never below 1, where the trace is the least for what the network computes.",
      svg: chart(
        {
          x,
          y: relu ? { type: "log", label: "path norm" } : { type: "log", label: "balance", include: [1] },
          predictions: relu
            ? [
                {
                  label: "2/(η√d)",
                  points: rates.map((rate) => ({
                    x: rate,
                    y: 2 / (rate * Math.sqrt(Number(minima[0]!.model.split("-").at(-2)))),
                  })),
                },
              ]
            : [{ label: "least, 1", points: rates.map((rate) => ({ x: rate, y: 1 })) }],
          series: relu
            ? both("path norm", 0, (record) => record.learned?.pathNorm)
            : both("balance", 0, (record) => record.learned?.balance),
          height: 300,
          description: "A norm of the learned function against the learning rate, for SGD and gradient descent.",
        },
        canvas,
      ),
    },
  ];
}

import type { Claim, Job, Scope } from "../claim.js";
import { generalizationFigures } from "./generalization-figures.js";
import { judge, valuesOf, type Acceptance, type Measured, type Sample } from "../judge.js";
import type { ClosedFormTask, MinimumRecord } from "@sgdscope/training";
import { groupBy } from "../statistics.js";
import { batchLabel, cell, minimaOf, recordsOf } from "./minima.js";
import { samplesOf } from "./samples.js";
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
    [...groupBy(recordsOf(finished), familyOf)].flatMap(([family, records]) =>
      generalizationFigures(family, records, canvas),
    ),
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
      cell(record.minimum?.traceG, 4),
      cell(record.minimum === undefined ? undefined : traceOf(record)),
      cell(record.minimum === undefined ? undefined : record.minimum.frobeniusG * record.learningRate),
      cell(record.learned?.testLoss),
      cell(record.learned?.pathNorm),
      cell(record.learned?.balance),
    ]),
  }),
};

const familyOf = ({ model }: MinimumRecord): string =>
  model.startsWith("two-layer") ? "two-layer ReLU" : "diagonal linear";
const traceOf = (record: MinimumRecord): number => (record.minimum!.traceG * record.learningRate) / 2;

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
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 5 })).flatMap((seed) =>
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
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 5 })).flatMap((seed) =>
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

/** Of each seed that has both: the value at its largest rate over that at its smallest. */
function overRates(records: MinimumRecord[], value: (record: MinimumRecord) => number | undefined): Sample[] {
  return [...groupBy(records, ({ seed }) => seed)].map(([seed, own]) => {
    const sorted = [...own].sort((a, b) => a.learningRate - b.learningRate);
    const [first, last] = [value(sorted[0]!), value(sorted.at(-1)!)];
    return {
      seed,
      setting: "all",
      value: sorted.length < 2 || first === undefined || last === undefined ? undefined : last / first,
    };
  });
}

/** Of each seed, at the largest or the smallest rate that both have minima of: the value of SGD over that of gradient descent. */
function overDescent(
  [noisy, descent]: readonly [MinimumRecord[], MinimumRecord[]],
  which: "largest" | "smallest",
  value: (record: MinimumRecord) => number | undefined,
): Sample[] {
  const shared = noisy
    .map(({ learningRate }) => learningRate)
    .filter((rate) => descent.some(({ learningRate }) => learningRate === rate));
  const rate = which === "largest" ? Math.max(...shared) : Math.min(...shared);
  return noisy
    .filter(({ learningRate }) => learningRate === rate)
    .flatMap((record) => {
      const other = descent.find(({ seed, learningRate }) => seed === record.seed && learningRate === rate);
      if (other === undefined) return [];
      const [own, full] = [value(record), value(other)];
      const ratio = own === undefined || full === undefined ? undefined : own / full;
      return [{ seed: record.seed, setting: "all", value: ratio }];
    });
}

const measuredOf = (samples: readonly Sample[]): Measured[] => samples.map(({ value }) => value);

function judgeFamily(family: string, records: MinimumRecord[]): Acceptance[] {
  const minima = minimaOf(records);
  const noisy = minima.filter((record) => !record.gradientDescent);
  const descent = minima.filter((record) => record.gradientDescent);
  const test = (record: MinimumRecord): number | undefined => record.learned?.testLoss;
  const excluded = records.length - minima.length;
  const largest = Math.max(...descent.map(({ learningRate }) => learningRate));
  return [
    judge({
      kind: "evidence",
      statement: `${family}: Tr H·η/2 ≤ 1 for SGD with batches of one`,
      samples: samplesOf(noisy, (_, record) => traceOf(record)),
      band: [0, 1.05],
      because: "a theorem at stable minima, and a twentieth for the scatter of single paths",
      excluded,
      controls: [
        {
          what: "gradient descent at the largest η",
          values: descent.filter(({ learningRate }) => learningRate === largest).map(traceOf),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement: `${family}: test loss of SGD at its largest η over that at its smallest, of each seed`,
      samples: overRates(noisy, test),
      band: [0, 0.5],
      because: "the claim: it falls; to half or less, where gradient descent over the same rates keeps three quarters",
      excluded,
      controls: [{ what: "gradient descent over the same rates", values: measuredOf(overRates(descent, test)) }],
    }),
    judge({
      kind: "evidence",
      statement: `${family}: test loss of SGD over that of gradient descent at the largest η of both, of each seed`,
      samples: overDescent([noisy, descent], "largest", test),
      band: [0, 0.9],
      because: "the claim: SGD generalises better where its steps are large",
      excluded,
      controls: [
        { what: "the smallest η of both", values: measuredOf(overDescent([noisy, descent], "smallest", test)) },
      ],
    }),
    family === "two-layer ReLU"
      ? judge({
          kind: "theorem",
          statement: `${family}: path norm ≤ population Tr G/√d`,
          samples: valuesOf(
            minima.map(({ learned, model }) =>
              learned?.pathNorm === undefined || learned.populationTrace === undefined
                ? undefined
                : (learned.pathNorm * Math.sqrt(Number(model.split("-").at(-2)))) / learned.populationTrace,
            ),
          ),
          band: [0, 1 + 1e-9],
          because: "an inequality for every network",
        })
      : judge({
          kind: "evidence",
          statement: `${family}: balance Σ(a² + b²)/(2Σ|ab|) of SGD over that of gradient descent at the largest η, of each seed`,
          samples: overDescent([noisy, descent], "largest", ({ learned }) => learned?.balance),
          band: [0, 0.9],
          because: "the claim: SGD drives it towards 1, its least value",
          excluded,
          controls: [
            {
              what: "the smallest η of both",
              values: measuredOf(overDescent([noisy, descent], "smallest", ({ learned }) => learned?.balance)),
            },
          ],
        }),
  ];
}

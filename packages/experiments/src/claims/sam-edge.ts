import { chart } from "@sgdscope/figures";
import type { Claim, Finished, Job, Scope } from "../claim.js";
import { judge, type Acceptance, type Measured, type Sample } from "../judge.js";
import { groupBy, median } from "../statistics.js";
import type { SamRecord } from "../study/sam.js";
import { cell } from "./minima.js";
import { fullyConnected, imageTask, ofPreset, reluTask, seedsOf } from "./settings.js";

/** Where full-batch SAM stands along its training: at an edge of its own, which moves with the gradient. */
export const samEdgeClaim: Claim<"sam"> = {
  name: "sam-edge",
  title: "Full-batch SAM rides an edge of its own, far below 2/η, and goes on to flatter places along it",
  statement:
    "Full-batch SAM stands where ηλ_max(G)(1 + ρλ_max(G)/‖∇L‖) = 2, whether its start is beyond that edge or within it: at curvatures from a tenth to a half of 2/η. Its gradient does not vanish there; on a quadratic loss SAM bounces at that edge whatever the curvature is, by the length of its gradient. What it says of networks is that they do likewise, and that their curvature falls along it, while gradient descent of the same rate rests or grows sharper.",
  source:
    "Long and Bartlett, 2024 (arXiv:2309.12488), by whom the edge of SAM depends on the norm of the gradient; the formula is derived here.",
  method:
    "Two-layer ReLU networks and networks on images are trained with SAM on all examples; along the way λ_max(G) and ‖∇L‖ are exact, from the Gram matrix. Judged are medians over the later half. Controls: the start, 2/η in the place of that edge, and gradient descent of the same rates held against it. Batches of four stand beside.",
  study: "sam",
  jobs,
  judge: judgeSam,
  figures(finished, canvas) {
    const sam = recordsOf(finished, isSam);
    const all = recordsOf(finished, ({ fullBatch }) => fullBatch);
    const steps = sam.map(({ step }) => step);
    return [
      {
        name: "edge",
        title: "The curvature over the edge of full-batch SAM, along training",
        caption:
          "Medians over seeds, with the least and the most. With full batches the ratio comes to 1 from within and from beyond, within a hundred steps, and stays there. Batches of four stand beside, held against the same edge: theirs has no theory here.",
        svg: chart(
          {
            description: "The largest eigenvalue over the edge of full-batch SAM comes to 1 and stays there.",
            x: { label: "step" },
            y: { label: "λ_max(G)/λ_SAM(‖∇L‖, ρ, η)", type: "log", include: [1] },
            predictions: [
              {
                label: "the edge of full-batch SAM",
                points: [Math.min, Math.max].map((most) => ({ x: most(...steps), y: 1 })),
              },
            ],
            series: seriesOf(sam, nameOf, ratioOf),
          },
          canvas,
        ),
      },
      {
        name: "curvature",
        title: "The curvature under SAM and under gradient descent of the same rate",
        caption:
          "Medians over seeds of λ_max(G)·η/2, with full batches; 1 is the edge of gradient descent. Gradient descent (dashed) rests within that edge or grows sharper towards it; SAM, bouncing at its own, goes on to lose curvature.",
        svg: chart(
          {
            description: "The largest eigenvalue goes on falling under SAM; under gradient descent it rests or rises.",
            x: { label: "step" },
            y: { label: "ηλ_max(G)/2", type: "log", include: [1] },
            series: [...groupBy(all, settingOf).values()].flatMap((own, style) =>
              [true, false].flatMap((sharpnessAware) =>
                seriesOf(
                  own.filter((record) => isSam(record) === sharpnessAware),
                  (record) => `${sharpnessAware ? "SAM" : "gradient descent"}, ${shortNameOf(record)}`,
                  plainRatioOf,
                ).map((series) => ({ ...series, style, ...(sharpnessAware ? {} : { dash: true, marks: false }) })),
              ),
            ),
          },
          canvas,
        ),
      },
    ];
  },
  table: (finished) => ({
    title: "Every measurement",
    headings: [
      "model",
      "optimizer",
      "η",
      "ρ",
      "B",
      "seed",
      "step",
      "loss L",
      "‖∇L‖",
      "λ_max(G)",
      "over λ_SAM",
      "over 2/η",
    ],
    left: [0, 1],
    rows: recordsOf(finished, () => true).map((one) => [
      one.model,
      one.optimizer,
      String(one.learningRate),
      String(one.rho),
      String(one.batchSize),
      String(one.seed),
      String(one.step),
      cell(one.loss, 2),
      cell(one.gradientNorm, 2),
      cell(one.largestEigenvalue),
      cell(ratioOf(one)),
      cell(plainRatioOf(one)),
    ]),
  }),
};

const isSam = ({ optimizer }: SamRecord): boolean => optimizer === "sam";
/** A quotient, NaN where a report lacks one of the two. */
const over = (value: Measured, by: Measured): number =>
  typeof value === "number" && typeof by === "number" ? value / by : NaN;
const ratioOf = ({ largestEigenvalue, samEdge }: SamRecord): number => over(largestEigenvalue, samEdge);
const plainRatioOf = ({ largestEigenvalue, learningRate }: SamRecord): number =>
  over(largestEigenvalue, 2 / learningRate);
const settingOf = ({ model, learningRate, rho, batchSize }: SamRecord): string =>
  `${model} ${learningRate} ${rho} ${batchSize}`;
const shortNameOf = ({ model, learningRate }: SamRecord): string =>
  `${model.includes("ReLU") || model.includes("relu") ? "two-layer ReLU" : "images"}, η = ${learningRate}`;
const nameOf = (record: SamRecord): string =>
  `${shortNameOf(record)}, ρ = ${record.rho}${record.fullBatch ? "" : `, B = ${record.batchSize}`}`;

const recordsOf = (finished: readonly Finished<"sam">[], of: (record: SamRecord) => boolean): SamRecord[] =>
  finished.flatMap(({ records }) => records).filter(of);

/** Medians over seeds at each step, one series per name. */
const seriesOf = (
  records: readonly SamRecord[],
  name: (record: SamRecord) => string,
  value: (record: SamRecord) => number,
): { label: string; points: { x: number; y: number; low: number; high: number }[] }[] =>
  [...groupBy(records, name)].map(([label, own]) => ({
    label,
    points: [...groupBy(own, ({ step }) => step)].map(([step, these]) => {
      const values = these.map(value);
      return { x: step, y: median(values)!, low: Math.min(...values), high: Math.max(...values) };
    }),
  }));

/** Where a training begins, by the edge that it then rides. */
type Role = "from beyond the edge" | "from within the edge" | "images" | "batches of four";

function jobs(scope: Scope): Job<"sam">[] {
  const { preset, images } = scope;
  const count = ofPreset(preset, { test: 12, fast: 40, full: 40 });
  const width = ofPreset(preset, { test: 20, fast: 120, full: 120 });
  const last = ofPreset(preset, { test: 300, fast: 1000, full: 3000 });
  const relu = (role: Role, learningRate: number, rho: number, batchSize = count): Job<"sam">[] =>
    seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 9 })).flatMap((seed) =>
      bothOf(role, rho, stepsTo(last), batchSize === count, (optimizer) =>
        reluTask({ count, width, learningRate, batchSize, seed, clipNorm: Number.MAX_VALUE, ...optimizer }),
      ),
    );
  const hidden = ofPreset(preset, { test: 8, fast: 32, full: 64 });
  const network = (learningRate: number, rho: number, steps: number): Job<"sam">[] =>
    seedsOf(scope, 5).flatMap((seed) =>
      bothOf("images", rho, stepsTo(steps), true, (optimizer) =>
        imageTask(images, {
          ...{ count: 100, model: fullyConnected([hidden, hidden]), learningRate, batchSize: "all", seed, warmUp: 0 },
          ...{ clipNorm: Number.MAX_VALUE, every: 100, ...optimizer },
        }),
      ),
    );
  return [
    ...relu("from beyond the edge", 0.02, 0.1),
    ...relu("from within the edge", 0.005, 0.2),
    ...relu("batches of four", 0.005, 0.2, 4),
    ...(preset === "full" ? relu("from within the edge", 0.01, 0.05) : []),
    ...ofPreset(preset, { test: [], fast: network(0.002, 0.02, 300), full: network(0.002, 0.02, 1200) }),
    ...(preset === "full" ? network(0.001, 0.02, 1200) : []),
  ];
}

/** SAM and, where it is a control, gradient descent of the same rate. */
const bothOf = (
  role: Role,
  rho: number,
  at: number[],
  isControlled: boolean,
  task: (optimizer: { optimizer?: "sam"; rho?: number }) => Job<"sam">["task"]["start"],
): Job<"sam">[] => [
  { role, task: { start: task({ optimizer: "sam", rho }), rho, at } },
  ...(isControlled ? [{ role, task: { start: task({}), rho, at } }] : []),
];

/** The start, and ten steps evenly from there to the last. */
const stepsTo = (last: number): number[] => Array.from({ length: 11 }, (_, k) => (k * last) / 10);

/** Measurements of the later half of a training. */
const late = (records: readonly SamRecord[]): SamRecord[] => {
  const last = Math.max(...records.map(({ step }) => step));
  return records.filter(({ step }) => step * 2 >= last);
};

function judgeSam(finished: readonly Finished<"sam">[]): Acceptance[] {
  const runs = finished.filter(({ records }) => records.length > 0);
  const full = runs.filter(({ records: [record] }) => record!.fullBatch);
  const sam = full.filter(({ records: [record] }) => isSam(record!));
  const descent = full.filter(({ records: [record] }) => !isSam(record!));
  const samples = (of: readonly Finished<"sam">[], value: (records: readonly SamRecord[]) => number): Sample[] =>
    of.map(({ records }) => ({
      value: value(records),
      setting: settingOf(records[0]!),
      seed: records[0]!.seed,
    }));
  const valuesOf = (of: readonly Finished<"sam">[], value: (records: readonly SamRecord[]) => number): number[] =>
    of.map(({ records }) => value(records));
  const lateRatio = (records: readonly SamRecord[]): number => median(late(records).map(ratioOf)) ?? NaN;
  const fall = (records: readonly SamRecord[]): number => {
    const own = late(records);
    return over(own.at(-1)?.largestEigenvalue, own[0]?.largestEigenvalue);
  };
  const excluded = finished.length - runs.length;
  return [
    judge({
      kind: "evidence",
      statement: "full-batch SAM stays at its edge, median of λ_max(G)/λ_SAM(‖∇L‖, ρ, η) over the later half",
      samples: samples(sam, lateRatio),
      band: [0.9, 1.1],
      because: "1 by the formula, on a quadratic loss; a tenth is ours",
      excluded,
      controls: [
        ...[...groupBy(sam, ({ role }) => role)].map(([role, own]) => ({
          what: `their starts, ${role}`,
          values: valuesOf(own, (records) => ratioOf(records[0]!)),
        })),
        {
          what: "2/η in the place of that edge, ηλ_max(G)/2",
          values: valuesOf(sam, (records) => median(late(records).map(plainRatioOf)) ?? NaN),
        },
        { what: "gradient descent of the same rates, held against that edge", values: valuesOf(descent, lateRatio) },
      ],
      beside: [
        {
          what: "batches of four, held against the edge of full batches",
          values: valuesOf(
            runs.filter(({ records: [record] }) => !record!.fullBatch),
            lateRatio,
          ),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement: "along that edge the curvature falls, λ_max(G) at the end over that half-way",
      samples: samples(sam, fall),
      band: [0, 0.95],
      because: "ours: that it falls at all, by a twentieth or more in the steps of a run",
      excluded,
      controls: [{ what: "gradient descent of the same rates", values: valuesOf(descent, fall) }],
    }),
  ];
}

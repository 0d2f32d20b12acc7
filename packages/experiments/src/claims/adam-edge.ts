import { chart } from "@sgdscope/figures";
import type { Claim, Finished, Job, Scope } from "../claim.js";
import { judge, type Acceptance, type Comparison, type Sample } from "../judge.js";
import { groupBy, median } from "../statistics.js";
import type { MarginTask, MarginRecord } from "../study/margin.js";
import { cell } from "./minima.js";
import { fullyConnected, imageTask, ofPreset, reluTask, seedsOf } from "./settings.js";

/** Where Adam stands along its training: at the exact edge that it has with its second moment as it is. */
export const adamEdge: Claim<"margin"> = {
  name: "adam-edge",
  title: "Adam rides its own exact edge of stability, with full batches and with small ones",
  statement:
    "As gradients vanish Adam's second moment decays, and its steps grow until the exact threshold η*(B, β₁) of Adam with that second moment frozen is reached; there it stays, by spikes of the loss that raise the second moment again. For full batches that edge is 38/λ_max(P⁻¹G); with small batches the full-batch edge is ten to fifty times too large.",
  source:
    "Full batch: Cohen et al., 2022 (arXiv:2207.14484), 38/η at β₁ = 0.9. The exact threshold of minibatches, through the Gram matrix JP⁻¹Jᵀ and averaged momentum, is derived here.",
  method:
    "Two-layer ReLU networks are trained with Adam (β₁ = 0.9, β₂ = 0.999) for thousands of steps beyond interpolation. Every thousand steps its preconditioner P = √v̂ + ε is taken as it stands, and the threshold computed from it; Adam does not settle, so medians over the later half are judged. Controls: the first measurement, the full-batch edge, and the threshold of plain SGD.",
  study: "margin",
  jobs,
  judge: judgeMargins,
  figures(finished, canvas) {
    const records = finished.flatMap((one) => one.records);
    return [
      {
        name: "margin",
        title: "Adam's learning rate over its own exact threshold, along training",
        caption:
          "Medians over seeds, with the least and the most. At first the second moment still remembers large gradients and Adam is far within its edge; as it decays the ratio rises to 1 and stays there, for every batch size.",
        svg: chart(
          {
            description:
              "The ratio of Adam's learning rate to its exact threshold rises to 1 along training and stays there.",
            x: { label: "step" },
            y: { label: "η/η*(B, β₁) of Adam as it stands", type: "log", include: [1] },
            predictions: [
              {
                label: "the exact edge",
                points: [Math.min, Math.max].map((most) => ({ x: most(...records.map(({ step }) => step)), y: 1 })),
              },
            ],
            series: [...groupBy(records, batchName)].map(([label, own]) => ({
              label,
              points: [...groupBy(own, ({ step }) => step)].map(([step, these]) => {
                const ratios = these.map(({ edgeRatio }) => edgeRatio);
                return { x: step, y: median(ratios)!, low: Math.min(...ratios), high: Math.max(...ratios) };
              }),
            })),
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
      "B",
      "seed",
      "step",
      "loss L",
      "η/η*(B, β₁)",
      "ηλ_max(P⁻¹G)/38",
      "η/η* of plain SGD",
    ],
    left: [0, 1],
    rows: finished.flatMap(({ records }) =>
      records.map((one) => [
        one.model,
        one.optimizer,
        String(one.learningRate),
        batchName(one).slice(4),
        String(one.seed),
        String(one.step),
        cell(one.loss, 2),
        cell(one.edgeRatio),
        cell(one.fullBatchRatio),
        cell(one.plainRatio),
      ]),
    ),
  }),
};

const batchName = ({ batchSize, fullBatch }: MarginRecord): string => `B = ${batchSize}${fullBatch ? " (all)" : ""}`;

function jobs(scope: Scope): Job<"margin">[] {
  const { preset, images } = scope;
  const count = ofPreset(preset, { test: 12, fast: 40, full: 40 });
  const width = ofPreset(preset, { test: 20, fast: 120, full: 120 });
  const last = ofPreset(preset, { test: 1500, fast: 12_000, full: 24_000 });
  const every = ofPreset(preset, { test: 300, fast: 1000, full: 1000 });
  const at = [500, ...Array.from({ length: Math.floor(last / every) }, (_, k) => (k + 1) * every)];
  const adam = { optimizer: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: Number.MAX_VALUE } as const;
  const relu = seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 9 })).flatMap((seed) =>
    [4, 10, count].map((batchSize): Job<"margin"> => ({
      role: "two-layer ReLU",
      task: { start: reluTask({ count, width, learningRate: 0.003, batchSize, seed, ...adam }), at },
    })),
  );
  if (preset !== "full") return relu;
  return [
    ...relu,
    ...seedsOf(scope, 3).flatMap((seed) =>
      ([16, "all"] as const).map((batchSize): Job<"margin"> => {
        const task: MarginTask["start"] = imageTask(images, {
          ...{ count: 100, model: fullyConnected([64, 64]), learningRate: 0.001, batchSize, seed, warmUp: 0, ...adam },
        });
        return { role: "fully connected", task: { start: task, at: [500, 2000, 4000, 5000, 6000, 7000, 8000] } };
      }),
    ),
  ];
}

/** Measurements of the later half of a training, when the second moment has forgotten the start. */
const late = (records: readonly MarginRecord[]): MarginRecord[] => {
  const last = Math.max(...records.map(({ step }) => step));
  return records.filter(({ step }) => step * 2 >= last);
};

function judgeMargins(finished: readonly Finished<"margin">[]): Acceptance[] {
  const runs = finished.map(({ records }) => records).filter((records) => records.length > 0);
  const isFull = (records: readonly MarginRecord[]): boolean => records[0]!.fullBatch;
  const [full, stochastic] = [runs.filter(isFull), runs.filter((records) => !isFull(records))];
  const medians = (of: readonly MarginRecord[][], value: (record: MarginRecord) => number): Sample[] =>
    of.map((records) => ({
      value: median(late(records).map(value)),
      setting: `${records[0]!.model} ${records[0]!.batchSize}`,
      seed: records[0]!.seed,
    }));
  const control = (
    what: string,
    of: readonly MarginRecord[][],
    value: (record: MarginRecord) => number,
  ): Comparison => ({
    what,
    values: medians(of, value).map((sample) => sample.value),
  });
  const first = (of: readonly MarginRecord[][]): Comparison => ({
    what: "the first measurement, before the second moment has decayed",
    values: of.map(([record]) => record!.edgeRatio),
  });
  const excluded = finished.length - runs.length;
  return [
    judge({
      kind: "evidence",
      statement:
        "Adam with minibatches stays at the exact edge of Adam as it stands, median of η/η*(B, β₁) over the later half",
      samples: medians(stochastic, ({ edgeRatio }) => edgeRatio),
      band: [0.85, 1.2],
      because: "ours: medians over the later half; single measurements scatter between spikes by a third either way",
      excluded,
      controls: [
        first(stochastic),
        control("the full-batch edge, ηλ_max(P⁻¹G)/38", stochastic, ({ fullBatchRatio }) => fullBatchRatio),
        control("the threshold of plain SGD", stochastic, ({ plainRatio }) => plainRatio),
      ],
    }),
    judge({
      kind: "evidence",
      statement: "full-batch Adam stays at 38/λ_max(P⁻¹G), median of ηλ_max(P⁻¹G)/38 over the later half",
      samples: medians(full, ({ fullBatchRatio }) => fullBatchRatio),
      band: [0.9, 1.1],
      because: "Cohen et al., 2022, by their statement; a tenth is ours",
      excluded,
      controls: [first(full), control("the threshold of plain SGD", full, ({ plainRatio }) => plainRatio)],
    }),
  ];
}

import { chart } from "@sgdscope/figures";
import type { Claim, Job, Scope } from "../claim.js";
import { judge, type Acceptance, type Comparison, type Sample } from "../judge.js";
import { groupBy, median } from "../statistics.js";
import type { MarginTask, MarginRecord } from "../study/margin.js";
import { cell } from "./minima.js";
import { fullyConnected, imageSeeds, imageTask, ofPreset, seedsOf } from "./settings.js";

/** Cross-entropy along training: above its edge while it fits, far below once it has, and at rest on it where labels are smoothed. */
export const crossEntropy: Claim<"margin"> = {
  name: "cross-entropy",
  title:
    "With cross-entropy SGD rests at the edge of stability where its curvature stays alive, and nowhere where it vanishes",
  statement:
    "While it fits, SGD on cross-entropy stands above the exact edge of its Gauss–Newton linearisation. As the examples are fitted the curvature of the loss vanishes, every learning rate becomes stable, and η/η* falls towards 0. With label smoothing the curvature stays, and SGD comes to rest at the edge, η/η* = 1.",
  source:
    "The generalised Gram matrix and its threshold are derived here, for H ≈ G as in Theorem 4 of Mulayoff & Michaeli (arXiv:2306.07850). That sharpness falls late in training with cross-entropy is described by Cohen et al. (2021, arXiv:2103.00065).",
  method:
    "Dense networks on images of three classes are trained with plain SGD and cross-entropy, with and without label smoothing of 0.2. Along the way K̃ and r̃ of the loss give the exact threshold at that point. Controls: the other kind of labels, the start, and the edge of gradient descent.",
  study: "margin",
  jobs,
  judge: (finished) =>
    judgeMargins(
      ...((["plain", "smoothed"] as const).map((role) =>
        finished.filter((one) => one.role === role && one.records.length > 0).map(({ records }) => records),
      ) as [MarginRecord[][], MarginRecord[][]]),
      finished.filter(({ records }) => records.length === 0).length,
    ),
  figures(finished, canvas) {
    const families = groupBy(
      finished.flatMap(({ role, task, records }) =>
        records
          .filter(({ step }) => step > 0)
          .map((record) => ({ name: `${labelsOf(role)}, η = ${task.start.learningRate}`, record })),
      ),
      ({ name }) => name,
    );
    const steps = finished.flatMap(({ records }) => records.map(({ step }) => step)).filter((step) => step > 0);
    return [
      {
        name: "margin",
        title: "Cross-entropy along training: the learning rate over the exact threshold of the point where it stands",
        caption:
          "Medians over seeds, with the least and the most. With the labels as they are the ratio falls far below 1 once the examples are fitted, for the curvature of the loss vanishes with them. With smoothed labels it does not vanish, and SGD comes to rest on the line 1.",
        svg: chart(
          {
            description: "With smoothed labels the ratio comes to rest at 1; with plain labels it falls far below.",
            x: { label: "step", type: "log" },
            y: { label: "η/η* at this point", type: "log" },
            predictions: [
              { label: "the exact edge", points: [Math.min, Math.max].map((most) => ({ x: most(...steps), y: 1 })) },
            ],
            series: [...families].map(([label, own]) => ({
              label,
              points: [...groupBy(own, ({ record }) => record.step)].map(([step, these]) => {
                const ratios = these.map(({ record }) => record.edgeRatio);
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
    headings: ["labels", "η", "B", "seed", "step", "loss L", "η/η*", "ηλ_max/2"],
    left: [0],
    rows: finished.flatMap(({ role, records }) =>
      records.map((one) => [
        labelsOf(role),
        String(one.learningRate),
        String(one.batchSize),
        String(one.seed),
        String(one.step),
        cell(one.loss, 2),
        cell(one.edgeRatio),
        cell(one.fullBatchRatio),
      ]),
    ),
  }),
};

const labelsOf = (role: string): string => (role === "smoothed" ? "labels smoothed by 0.2" : "labels as they are");

function jobs(scope: Scope): Job<"margin">[] {
  const { preset, images } = scope;
  const last = ofPreset(preset, { test: 200, fast: 1600, full: 12_800 });
  const at = [0, 25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800].filter((step) => step <= last);
  return seedsOf(scope, imageSeeds(preset)).flatMap((seed) =>
    ofPreset(preset, { test: [0.03], fast: [0.03, 0.1], full: [0.03, 0.1] }).flatMap((learningRate) =>
      (["plain", "smoothed"] as const).map((role): Job<"margin"> => {
        const start: MarginTask["start"] = imageTask(preset === "test" ? { kind: "synthetic" } : images, {
          count: ofPreset(preset, { test: 12, fast: 45, full: 90 }),
          classes: 3,
          model: fullyConnected(ofPreset(preset, { test: [8], fast: [64, 64], full: [64, 64] }), 3),
          ...{
            learningRate,
            batchSize: 4,
            seed,
            warmUp: 0,
            alignmentAt: [],
            hessianProducts: 0,
            startThreshold: false,
          },
          loss: "cross-entropy",
          ...(role === "smoothed" ? { labelSmoothing: 0.2 } : {}),
        });
        return { role, task: { start, at } };
      }),
    ),
  );
}

function judgeMargins(plain: MarginRecord[][], smoothed: MarginRecord[][], excluded: number): Acceptance[] {
  const end = (records: MarginRecord[]): MarginRecord => records.at(-1)!;
  const samples = (runs: MarginRecord[][], value: (records: MarginRecord[]) => number): Sample[] =>
    runs.map((records) => ({
      value: value(records),
      setting: String(records[0]!.learningRate),
      seed: records[0]!.seed,
    }));
  const comparison = (
    what: string,
    runs: MarginRecord[][],
    value: (records: MarginRecord[]) => number,
  ): Comparison => ({
    what,
    values: runs.map(value),
  });
  /** The first points, up to a hundred steps, while the examples are fitted. */
  const early = (records: MarginRecord[]): number =>
    median(records.filter(({ step }) => step > 0 && step <= 100).map(({ edgeRatio }) => edgeRatio))!;
  const ending = (records: MarginRecord[]): number => end(records).edgeRatio;
  return [
    judge({
      kind: "evidence",
      statement:
        "cross-entropy, labels as they are: SGD fits above the edge, median of η/η* over the first hundred steps",
      samples: samples(plain, early),
      band: [1, 100],
      because: "ours: above the edge, by whatever",
      excluded,
      controls: [comparison("at the end", plain, ending)],
    }),
    judge({
      kind: "evidence",
      statement: "cross-entropy, labels as they are: the curvature vanishes and SGD ends far below the edge, η/η*",
      samples: samples(plain, ending),
      band: [0, 0.3],
      because: "ours: a third of the edge; it goes on falling",
      excluded,
      controls: [
        comparison("with label smoothing", smoothed, ending),
        comparison("at the start", plain, ([first]) => first!.edgeRatio),
      ],
    }),
    judge({
      kind: "evidence",
      statement: "cross-entropy, labels smoothed by 0.2: SGD comes to rest at the exact edge, η/η*",
      samples: samples(smoothed, ending),
      band: [0.75, 1.25],
      because: "the band of the square loss on images",
      excluded,
      controls: [
        comparison("labels as they are", plain, ending),
        comparison("at the start", smoothed, ([first]) => first!.edgeRatio),
        comparison("ηλ_max/2, the edge of gradient descent", smoothed, (records) => end(records).fullBatchRatio),
      ],
    }),
  ];
}

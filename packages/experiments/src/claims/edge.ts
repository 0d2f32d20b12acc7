import type { Claim, Figure, Finished, Job, Scope } from "../claim.js";
import { type Canvas, chart, type ChartSeries, edgeFigure } from "@sgdscope/figures";
import { judgeValues, type Acceptance } from "../judge.js";
import type { MinimumMeasurement, MinimumRecord } from "@sgdscope/training";
import { groupBy, median, spread } from "../statistics.js";
import { boundBands, imageBandSource } from "./image-bands.js";
import { minimaOf, minimumTable, recordsOf } from "./minima.js";
import { fullyConnected, imageTask, ofPreset, reluTask, seedsOf, smallCnn, tinyImageTask } from "./settings.js";

/** Where SGD of every batch size stops: the exact mean-square threshold; and how sharp that is. */
export const edge: Claim<"training"> = {
  name: "edge",
  title: "SGD stops at the exact edge of mean-square stability, for every batch size",
  statement:
    "The minima of SGD lie at the exact threshold η*(B): sharpness falls with η and rises with B, and from B ≈ n/2 on SGD is as sharp as gradient descent.",
  source:
    "Mulayoff & Michaeli, COLT 2024 (arXiv:2306.07850): Theorem 3 for η*, equations (15) and (24) for its bounds, Figures 1 and 2 for the law of the batch size. Width, number of examples and start are ours, not theirs.",
  method:
    "Two-layer ReLU networks are trained from common starts with every learning rate and batch size until L < 1e-8, and networks on images until L < 1e-6. At the minimum that was found η* is exact, from the Gram matrix, and so are the bounds (15) and (24) and λ_max.",
  study: "training",
  jobs: (scope) => [...imageJobs(scope), ...reluJobs(scope)],
  judge(finished) {
    const relu = minimaOf(recordsOf(finished.filter(({ role }) => role === "two-layer ReLU")));
    const images = minimaOf(recordsOf(finished.filter(({ role }) => role !== "two-layer ReLU")));
    return [...judgeRelu(relu), ...judgeImages(images)];
  },
  figures(finished, canvas) {
    const relu = recordsOf(finished.filter(({ role }) => role === "two-layer ReLU"));
    const images = recordsOf(finished.filter(({ role }) => role !== "two-layer ReLU"));
    return [
      ...(images.length > 0
        ? [
            {
              name: "edge-images",
              title: "Where SGD stops, on images",
              caption:
                "One mark per run: η over the exact critical learning rate of the minimum where it stopped. Filled marks interpolate; hollow ones had not reached a minimum.",
              svg: edgeFigure(images, canvas),
            },
          ]
        : []),
      ...reluFigures(minimaOf(relu), canvas),
    ];
  },
  table: (finished: readonly Finished<"training">[]) => minimumTable(finished),
};

type Training = Job<"training">;

function reluJobs(scope: Scope): Training[] {
  const { preset } = scope;
  const count = ofPreset(preset, { test: 12, fast: 40, full: 40 });
  const width = ofPreset(preset, { test: 20, fast: 120, full: 120 });
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 3, full: 9 })).flatMap((seed) =>
    ofPreset(preset, { test: [0.02], fast: [0.01, 0.02, 0.04], full: [0.005, 0.01, 0.02, 0.04, 0.08] }).flatMap(
      (learningRate) =>
        ofPreset(preset, { test: [1, 12], fast: [1, 2, 4, 8, 16, 32, 40], full: [1, 2, 4, 8, 16, 32, 40] }).map(
          (batchSize): Training => ({
            role: "two-layer ReLU",
            task: reluTask({ count, width, learningRate, batchSize, seed }),
          }),
        ),
    ),
  );
}

function imageJobs(scope: Scope): Training[] {
  const { preset, images, seed } = scope;
  if (preset === "test") return [{ role: "images", task: tinyImageTask(0.02, 2, seed) }];
  const count = ofPreset(preset, { test: 16, fast: 100, full: 200 });
  return seedsOf(scope, ofPreset(preset, { test: 1, fast: 1, full: 3 })).flatMap((each) =>
    [smallCnn([8, 16]), fullyConnected([64, 64])].flatMap((model) =>
      ([1, 4, 16, "all"] as const).map((batchSize): Training => {
        const learningRate = model.kind === "small-cnn" && batchSize === "all" ? 0.08 : batchSize === 16 ? 0.04 : 0.02;
        return { role: "images", task: imageTask(images, { count, model, learningRate, batchSize, seed: each }) };
      }),
    ),
  );
}

const settingOf = ({ learningRate, batchSize }: MinimumRecord): string => `${learningRate} ${batchSize}`;

function medians(records: readonly MinimumRecord[], value: (minimum: MinimumMeasurement) => number): number[] {
  return [...groupBy(records, settingOf).values()].map((group) => median(group.map((one) => value(one.minimum!)))!);
}

function judgeRelu(minima: MinimumRecord[]): Acceptance[] {
  const most = Math.max(...minima.map((record) => record.examples));
  // Where the start is stable already, nothing drives SGD up to the edge.
  const driven = minima.filter((record) => record.startEdgeRatio! > 1);
  const large = minima.filter((record) => record.batchSize * 5 >= most * 4 && !record.gradientDescent);
  const descent = new Map(
    minima
      .filter((record) => record.gradientDescent)
      .map((record) => [`${record.learningRate} ${record.seed}`, record]),
  );
  return [
    judgeValues(
      "two-layer ReLU: SGD that starts beyond the edge stops at it, η/η* (median over seeds of each η and B)",
      medians(driven, (minimum) => minimum.edgeRatio),
      [0.85, 1.1],
      "the same protocol run with numpy: 0.98 … 1.01, widened for the scatter of single paths",
      driven.length,
    ),
    judgeValues(
      "two-layer ReLU: SGD that starts anywhere stops within it, η/η* (median over seeds of each η and B)",
      medians(minima, (minimum) => minimum.edgeRatio),
      [0, 1.1],
      "the theorem: beyond 1 a minimum is not stable; a tenth for the scatter of single paths",
      minima.length,
    ),
    judgeValues(
      "two-layer ReLU: the bound (24) of single directions never exceeds the exact criterion, ratio to η/η*",
      minima.map(({ minimum }) => minimum!.rankOneRatio / minimum!.edgeRatio),
      [0, 1 + 1e-6],
      "a theorem: (24) is necessary",
    ),
    judgeValues(
      "two-layer ReLU: (15) lies between λ_max and (24)",
      minima.map(({ minimum }) =>
        Math.max(
          minimum!.descentRatio / minimum!.topEigenvectorRatio,
          minimum!.topEigenvectorRatio / minimum!.rankOneRatio,
        ),
      ),
      [0, 1 + 1e-6],
      "a theorem: each is a special case of the next",
    ),
    judgeValues(
      "two-layer ReLU: large batches (B ≥ 4n/5) are as sharp as gradient descent, ratio of λ_max (median over seeds)",
      [...groupBy(large, settingOf).values()].map((group) =>
        median(
          group.flatMap((record) => {
            const other = descent.get(`${record.learningRate} ${record.seed}`);
            return other === undefined ? [] : [record.minimum!.largestEigenvalue / other.minimum!.largestEigenvalue];
          }),
        ),
      ),
      [0.9, 1.1],
      "Figure 1b of the paper; a tenth is ours",
      large.length,
    ),
  ].filter(({ runs, statement }) => runs > 0 || !statement.includes("large batches"));
}

function judgeImages(minima: MinimumRecord[]): Acceptance[] {
  if (minima.length === 0) return [];
  return [...groupBy(minima, ({ model }) => model)].map(([model, records]) =>
    judgeValues(
      `${model} on ${records[0]!.data}: η/η* where it stopped (median over seeds of each η and B)`,
      medians(records, (minimum) => minimum.edgeRatio),
      boundBands.edgeRatio,
      imageBandSource,
      records.length,
    ),
  );
}

function reluFigures(minima: MinimumRecord[], canvas: Canvas): Figure[] {
  const rates = [...new Set(minima.map((record) => record.learningRate))].sort((a, b) => a - b);
  const sizes = [...new Set(minima.map((record) => record.batchSize))].sort((a, b) => a - b);
  const examples = Math.max(...minima.map((record) => record.examples));
  const nameOf = (size: number): string => (size === examples ? `B = ${size} (GD)` : `B = ${size}`);
  const driven = minima.filter((record) => record.startEdgeRatio! > 1);
  const series = (
    of: (record: MinimumRecord) => boolean,
    x: (record: MinimumRecord) => number,
    y: (record: MinimumRecord) => number,
  ): ChartSeries["points"] =>
    [...groupBy(minima.filter(of), x)]
      .sort(([a], [b]) => a - b)
      .map(([at, group]) => {
        const { middle, low, high } = spread(group.map(y))!;
        return { x: at, y: middle, low, high };
      });
  const sharpness = (record: MinimumRecord): number => record.minimum!.largestEigenvalue;
  const twoOverEta = { label: "2/η, gradient descent", points: rates.map((x) => ({ x, y: 2 / x })) };
  return [
    {
      name: "sharpness-batch-size",
      title: "Sharpness over the batch size",
      caption:
        "λ_max at the minimum, medians and ranges over seeds. The lines are 2/η, the limit of gradient descent at each learning rate: large batches reach it unless their start was flatter, small ones stop far below.",
      svg: chart(
        {
          x: { type: "log", label: "batch size B", ticks: sizes },
          y: { type: "log", label: "sharpness λ_max of H", include: rates.map((rate) => 2 / rate) },
          predictions: rates.map((rate) => ({
            label: `2/η at η = ${rate}`,
            points: [sizes[0]!, sizes.at(-1)!].map((x) => ({ x, y: 2 / rate })),
          })),
          series: rates.map((rate) => ({
            label: `η = ${rate}`,
            points: series(
              ({ learningRate }) => learningRate === rate,
              ({ batchSize }) => batchSize,
              sharpness,
            ),
          })),
          description: "Sharpness at the minimum against the batch size, one line per learning rate, with 2/η of each.",
        },
        canvas,
      ),
    },
    {
      name: "sharpness-learning-rate",
      title: "Sharpness over the learning rate",
      caption: "The same minima over η, one line per batch size; medians and ranges over seeds.",
      svg: chart(
        {
          x: { type: "log", label: "learning rate η", ticks: rates },
          y: { type: "log", label: "sharpness λ_max of H" },
          predictions: [twoOverEta],
          series: sizes.map((size) => ({
            label: nameOf(size),
            points: series(
              ({ batchSize }) => batchSize === size,
              ({ learningRate }) => learningRate,
              sharpness,
            ),
          })),
          description: "Sharpness at the minimum against the learning rate, one line per batch size, with 2/η.",
        },
        canvas,
      ),
    },
    {
      name: "criteria",
      title: "The exact criterion and its bounds at the minima",
      caption:
        "Each curvature times η/2, so that 1 is the edge: the exact criterion λ_max(C†D), the best single direction (24), the top eigenvector (15) and λ_max, over the batch size; medians and ranges over all learning rates and seeds, of runs that started beyond the edge.",
      svg: chart(
        {
          x: { type: "log", label: "batch size B", ticks: sizes },
          y: { label: "curvature · η/2", include: [0, 1.2] },
          predictions: [{ label: "the edge", points: [sizes[0]!, sizes.at(-1)!].map((x) => ({ x, y: 1 })) }],
          shade: "above",
          series: (
            [
              ["exact, η/η*", (minimum) => minimum.edgeRatio],
              ["single direction (24)", (minimum) => minimum.rankOneRatio],
              ["top eigenvector (15)", (minimum) => minimum.topEigenvectorRatio],
              ["λ_max", (minimum) => minimum.descentRatio],
            ] as [string, (minimum: MinimumMeasurement) => number][]
          ).map(([label, value]) => ({
            label,
            points: series(
              (record) => driven.includes(record),
              ({ batchSize }) => batchSize,
              (record) => value(record.minimum!),
            ),
          })),
          description:
            "The exact criterion and three bounds at the minima over the batch size; the exact one is near 1.",
        },
        canvas,
      ),
    },
  ];
}

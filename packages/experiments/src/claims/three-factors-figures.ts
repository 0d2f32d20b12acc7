import { chart, type Canvas } from "@sgdscope/figures";
import type { Figure } from "../claim.js";
import { groupBy, spread } from "../statistics.js";
import { beyondReference, relativeSharpness, type Ends } from "./three-factors-ends.js";

/** The sharpness over the batch size at one ratio, and the loss along segments. */
export const threeFactorsFigures = (all: readonly Ends[], canvas: Canvas): Figure[] => [
  sharpness(all, canvas),
  ...[...groupBy(all, ({ role }) => role)].map(([role, own]) => segments(role, own, canvas)),
];

function pointOf(
  x: number,
  values: readonly (number | undefined)[],
): { x: number; y: number; low: number; high: number }[] {
  const of = spread(values.filter((value): value is number => value !== undefined && Number.isFinite(value)));
  return of === undefined ? [] : [{ x, y: of.middle, low: of.low, high: of.high }];
}

function sharpness(all: readonly Ends[], canvas: Canvas): Figure {
  const families = [...groupBy(all, ({ role }) => role)];
  const series = families.flatMap(([role, own], style) => {
    const larger = own.flatMap((ends) => ends.sameRatio.map((one) => ({ ends, ...one })));
    const first = own.flatMap(({ reference }) => (reference === undefined ? [] : [reference.batchSize]))[0];
    const start = first === undefined ? [] : [{ x: first, y: 1 }];
    const byBatch = [...groupBy(larger, ({ setting }) => setting.batchSize)];
    return [
      {
        label: `${role}, measured`,
        style,
        points: [
          ...start,
          ...byBatch.flatMap(([x, these]) =>
            pointOf(
              x,
              these.map(({ ends, end }) => relativeSharpness(ends, end)),
            ),
          ),
        ],
      },
      {
        label: `${role}, said by η*(B)`,
        style,
        dash: true,
        marks: false,
        points: byBatch.flatMap(([x, these]) =>
          pointOf(
            x,
            these.map(({ ends, setting }) => {
              const beyond = beyondReference(ends, setting);
              return beyond === undefined ? undefined : 1 / beyond;
            }),
          ),
        ),
      },
    ];
  });
  const sizes = series.flatMap(({ points }) => points.map(({ x }) => x));
  return {
    name: "equal-ratio",
    title: "How sharp ends of equal η/B are, over the batch size",
    caption:
      "λ_max of the end over that of the smallest batch, all of one η/B; medians over seeds, with the least and the most. If η/B were all, they would stay on the line 1. Dashed, what the exact η*(B) of the end of the smallest batch says before the larger batches are run: η*(B)/η.",
    svg: chart(
      {
        description: "The largest eigenvalue at ends of equal ratio of rate and batch size falls as the batch grows.",
        x: { label: "batch size B", type: "log", ticks: [...new Set(sizes)].sort((a, b) => a - b) },
        y: { label: "λ_max over that of the smallest B", type: "log", include: [1] },
        predictions: [
          { label: "if η/B were all", points: [Math.min(...sizes), Math.max(...sizes)].map((x) => ({ x, y: 1 })) },
        ],
        series,
      },
      canvas,
    ),
  };
}

function segments(role: string, all: readonly Ends[], canvas: Canvas): Figure {
  const kinds = [
    ["same", "to the end of equal ratio, twice the batch"],
    ["doubled", "to the end of twice the ratio"],
  ] as const;
  return {
    name: `segment-${role.toLowerCase().replace(/[^a-z]+/g, "-")}`,
    title: `The loss from one end to another: ${role}`,
    caption:
      "Along the straight line from the end of the smallest batch, at 0, to another end from the same start, at 1, and half as far beyond both; medians over seeds, with the least and the most. An end of equal ratio is as wide as the first one; that of twice the ratio is wider. Widths along a line are no property of the function that the network computes: rescaled layers change them.",
    svg: chart(
      {
        description:
          "The loss along the segments rises to a barrier between the ends, and less steeply at the wider one.",
        x: { label: "position on the segment" },
        y: { label: "loss L", type: "log" },
        series: kinds.map(([kind, label]) => ({
          label,
          marks: false,
          points: [
            ...groupBy(
              all.flatMap((ends) => ends.segments[kind]?.losses ?? []),
              ({ position }) => position,
            ),
          ].flatMap(([x, these]) =>
            pointOf(
              x,
              these.map(({ loss }) => loss),
            ),
          ),
        })),
      },
      canvas,
    ),
  };
}

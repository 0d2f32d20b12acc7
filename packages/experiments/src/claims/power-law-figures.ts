import { chart, type Canvas } from "@sgdscope/figures";
import type { Figure, Finished } from "../claim.js";
import { groupBy, median } from "../statistics.js";
import type { StrengthRecord } from "../study/noise-strength.js";
import type { WalksRecord } from "../study/walks.js";
import { kestenSlope, smallStepSlopes } from "./power-law-numbers.js";

/** 𝒩 over L by both losses, and first passages of SGD beside three powers. */
export function powerLawFigures(finished: readonly Finished<"power-law">[], canvas: Canvas): Figure[] {
  const strengths = groupBy(
    finished.flatMap(({ role, records }) => records.flatMap((one) => (one.part === "strength" ? [{ role, one }] : []))),
    ({ role, one }) => `${role}, ${one.loss} loss`,
  );
  const walks = finished
    .flatMap(({ records }) => records)
    .filter((one): one is WalksRecord => one.part === "walks" && one.noise === "sgd" && one.levels.length > 0);
  return [
    {
      name: "noise-strength",
      title: "The strength of the noise over the loss: a power of one, and of two with the logistic loss",
      caption:
        "One mark per measurement along training, all seeds. The lines have slope 1 and slope 2. With the square loss the noise falls with the loss; with the logistic loss, once all examples are fitted, with its square.",
      svg: chart(
        {
          description:
            "Noise strength over loss on logarithmic axes: marks of the square loss along slope 1, of the logistic loss along slope 2.",
          x: { label: "loss L", type: "log" },
          y: { label: "noise strength Tr Σ", type: "log" },
          predictions: [1, 2].map((power) => lineOf(strengths, power)),
          series: [...strengths].map(([label, own]) => ({
            label,
            line: false,
            points: own
              .filter(({ one }) => one.value > 1e-16 && one.strength > 0)
              .map(({ one }) => ({ x: one.value, y: one.strength })),
          })),
        },
        canvas,
      ),
    },
    ...(walks.length === 0 ? [] : [passages(walks, canvas)]),
  ];
}

/** A line of that slope through the middle of the measurements by the square loss, or by the other. */
function lineOf(
  strengths: Map<string, { one: StrengthRecord }[]>,
  power: number,
): { label: string; points: { x: number; y: number }[] } {
  const own = [...strengths.values()]
    .flat()
    .map(({ one }) => one)
    .filter(({ loss, value, strength }) => (loss === "square") === (power === 1) && value > 1e-16 && strength > 0);
  const late = own.filter(({ value }) => value < 0.1);
  const used = late.length > 0 ? late : own;
  const offset = median(used.map(({ value, strength }) => Math.log(strength) - power * Math.log(value))) ?? 0;
  const losses = used.map(({ value }) => value);
  return {
    label: `slope ${power}`,
    points: [Math.min(...losses), Math.max(...losses)].map((x) => ({ x, y: Math.exp(offset) * x ** power })),
  };
}

function passages(walks: readonly WalksRecord[], canvas: Canvas): Figure {
  const families = [...groupBy(walks, ({ dimension, learningRate }) => `d = ${dimension}, η = ${learningRate}`)];
  const at = (own: readonly WalksRecord[], k: number): number =>
    median(own.map(({ times }) => times[k]).filter((time) => typeof time === "number")) ?? NaN;
  return {
    name: "first-passage",
    title: "How long SGD on regression takes to climb: the power is that of single examples, not of a diffusion",
    caption:
      "Mean first passage from the minimum to L/L* by SGD with B = 1, medians over seeds with the least and the most, over what half of Kesten's tail index says from the first level on: the line 1. Where decoupled noise would lead is drawn from the same level.",
    svg: chart(
      {
        description:
          "Mean first passage over the power law of Kesten's index is level; the power of decoupled noise rises above it.",
        x: {
          label: "L/L*",
          type: "log",
          ticks: [...new Set(walks.flatMap(({ levels }) => levels))].sort((a, b) => a - b),
        },
        y: { label: "mean time over the power law", type: "log", include: [0.5, 2] },
        predictions: [
          {
            label: "Kesten/2",
            points: [Math.min, Math.max].map((most) => ({ x: most(...walks.flatMap(({ levels }) => levels)), y: 1 })),
          },
        ],
        series: families.flatMap(([label, own], style) => {
          const [first] = own;
          const { levels } = first!;
          const power = kestenSlope(first!);
          const scale = (level: number): number => at(own, 0) * (level / levels[0]!) ** power;
          return [
            {
              label,
              style,
              points: levels.map((x, k) => {
                const values = own.flatMap(({ times }) => (typeof times[k] === "number" ? [times[k] / scale(x)] : []));
                return { x, y: median(values) ?? NaN, low: Math.min(...values), high: Math.max(...values) };
              }),
            },
            {
              label: `decoupled noise, ${label}`,
              style,
              dash: true,
              marks: false,
              points: levels.map((x) => ({ x, y: (x / levels[0]!) ** (smallStepSlopes(first!).decoupled - power) })),
            },
          ];
        }),
      },
      canvas,
    ),
  };
}

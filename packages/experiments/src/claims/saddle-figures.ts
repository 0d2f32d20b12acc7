import { chart, type Canvas } from "@sgdscope/figures";
import type { Figure, Finished } from "../claim.js";
import { groupBy, spread } from "../statistics.js";
import type { ModeWalkRecord } from "../study/mode-walks.js";
import type { StaircaseRecord } from "../study/staircase.js";

/** The staircase of the authors' case, its drift and diffusion, and modes that die out. */
export function saddleFigures(finished: readonly Finished<"saddles">[], canvas: Canvas): Figure[] {
  const records = finished.flatMap(({ records: own }) => own);
  const stairs = records.filter((one): one is StaircaseRecord => one.part === "staircase" && one.smallness === 2);
  const run = stairs.filter(({ seed }) => seed === stairs[0]?.seed);
  const growth = records.filter((one): one is ModeWalkRecord => one.part === "growth");
  return [
    ...(run.length > 0 ? stairFigures(run, canvas) : []),
    ...(growth.length > 0 ? [growthFigure(growth, canvas)] : []),
  ];
}

function stairFigures(run: readonly StaircaseRecord[], canvas: Canvas): Figure[] {
  const { targets } = run[0]!;
  const drawn = run.filter(({ step }) => step <= 15_000);
  const steps = drawn.map(({ step }) => step);
  return [
    {
      name: "staircase",
      title: "From saddle to saddle: SGD learns one singular value after the other",
      caption:
        "Modes of a deep linear network with three hidden layers of width 10 along SGD with batches of one, in the setting of the authors' code; the first seed. The lines are the singular values of the teacher. At a saddle some are learned and the others have not begun.",
      svg: chart(
        {
          description:
            "Four modes over steps: each stays near zero, then rises to its singular value, one after the other.",
          x: { label: "step" },
          y: { label: "mode w" },
          predictions: targets.map((y) => ({
            label: `the teacher's ${y}`,
            points: [Math.min, Math.max].map((most) => ({ x: most(...steps), y })),
          })),
          series: targets.map((target, a) => ({
            label: `s = ${target}`,
            marks: false,
            points: drawn.map(({ step, modes }) => ({ x: step, y: modes[a]! })),
          })),
        },
        canvas,
      ),
    },
    {
      name: "drift-and-diffusion",
      title: "What diffuses at a saddle is the features that are missing, not the labels",
      caption:
        "The same run: the drift ‖∇L‖ and the diffusion √(ηTr Σ), as the authors measure them. The diffusion is of one size from the first feature to the last saddle, and falls tenfold when the last feature is learned: only then is the noise of the labels all there is.",
      svg: chart(
        {
          description: "Drift and diffusion over steps; the diffusion falls tenfold when the last mode is learned.",
          x: { label: "step" },
          y: { label: "per unit of time", type: "log" },
          series: [
            { label: "drift", marks: false, points: drawn.map(({ step, drift }) => ({ x: step, y: drift })) },
            {
              label: "diffusion",
              marks: false,
              points: drawn.map(({ step, diffusion }) => ({ x: step, y: diffusion })),
            },
          ],
        },
        canvas,
      ),
    },
  ];
}

function growthFigure(growth: readonly ModeWalkRecord[], canvas: Canvas): Figure {
  const multiple = ({ learningRate, target, noiseVariance }: ModeWalkRecord): number =>
    (learningRate * (2 * target ** 2 + noiseVariance)) / (2 * target);
  const known = growth.filter(({ growthRate }) => Number.isFinite(growthRate));
  return {
    name: "dying-mode",
    title: "Label noise beyond a threshold undoes what gradient flow learns",
    caption:
      "Rate at which a mode of two layers grows from nearly nothing under SGD with label noise, in units of its target, over the noise; medians over seeds with the least and the most. The line 1 − x is the equation of the mode, the other the rate of gradient flow. Beyond 1 the mode dies out.",
    svg: chart(
      {
        description:
          "Growth rate over noise: measurements on a line that crosses zero at 1, below gradient flow's constant rate.",
        x: { label: "η(2s² + σ²)/(2sB)", include: [0] },
        y: { label: "growth of log u per unit of time, over s", include: [-1, 1] },
        predictions: [
          { label: "equation of the mode", points: [0, 2.2].map((x) => ({ x, y: 1 - x })) },
          { label: "gradient flow", points: [0, 2.2].map((x) => ({ x, y: 1 })) },
        ],
        series: [
          {
            label: "SGD",
            line: false,
            points: [...groupBy(known, multiple)].map(([x, own]) => {
              const { middle, low, high } = spread(own.map(({ growthRate, target }) => growthRate! / target))!;
              return { x, y: middle, low, high };
            }),
          },
        ],
      },
      canvas,
    ),
  };
}

import { cell } from "./minima.js";
import type { Figure, Finished } from "../claim.js";
import { groupBy, median } from "../statistics.js";
import { directionsOf, exponentAt, growthOf, minimumOf, switchesOf } from "../study/escape.js";
import { type Canvas, chart } from "@sgdscope/figures";

/** Losses of zero and below what a figure needs are left out. */
const drawn = (losses: { step: number; value: number }[]): { x: number; y: number }[] =>
  losses.map(({ step, value }) => ({ x: step, y: Math.min(1e150, Math.max(1e-100, value)) }));

/** The figures of one sharp minimum: linearised growth, the switch to SGD, and the directions of escape. */
export function escapeFigures({ role, records }: Finished<"escape">, canvas: Canvas): Figure[] {
  const growth = growthOf(records);
  const switches = switchesOf(records);
  const directions = directionsOf(records);
  const minimum = minimumOf(records);
  const slug = role.toLowerCase().replace(/[^a-z]+/g, "-");
  const figures: Figure[] = [];
  if (growth.length > 0)
    figures.push({
      name: `linearised-${slug}`,
      title: `Linearised SGD at a sharp minimum: ${role}`,
      caption: `E L by the exact recursion (marks), and the median of random paths (dashed), at learning rates in units of η* = ${cell(minimum?.criticalLearningRate, 4)}. The lines are E L₀·ρ(Q)ᵗ: they were there before the data, and the recursion takes their slope.`,
      svg: chart(
        {
          x: { label: "step t" },
          y: { type: "log", label: "loss of linearised SGD, B = 1" },
          predictions: growth.map(({ multiple, growthRate, expected }) => ({
            label: `slope log ρ(Q), ${multiple}·η*`,
            points: expected.map(({ step }) => ({ x: step, y: expected[0]!.value * Math.exp(growthRate * step) })),
          })),
          series: growth.flatMap(({ multiple, expected, medianPath }, k) => [
            { label: `E L, η = ${multiple}·η*`, style: k, points: drawn(expected.filter((_, i) => i % 6 === 0)) },
            { label: `median path, ${multiple}·η*`, style: k, dash: true, marks: false, points: drawn(medianPath) },
          ]),
          description:
            "Loss of linearised SGD over steps at several learning rates: exact expectation, median path, and the predicted exponential growth.",
        },
        canvas,
      ),
    });
  if (switches.length > 0) {
    const groups = groupBy(switches, ({ multiple }) => multiple);
    figures.push({
      name: `switch-${slug}`,
      title: `From gradient descent to SGD: ${role}`,
      caption:
        "The full loss of the network itself after the switch, one line per path. The line is e^{Λt} with Λ twice the Lyapunov exponent of the linearised paths, there before the data: above η* the loss leaves along it until the network is no longer linear, and then comes down at a flatter minimum; below η* it returns at once.",
      svg: chart(
        {
          x: { type: "log", label: "steps after the switch, plus 1" },
          y: { type: "log", label: "loss L" },
          predictions: [...groups].flatMap(([multiple, paths]) => {
            const exponent = exponentAt(records, multiple);
            const first = median(paths.map(({ losses }) => losses[0]!.value))!;
            const top = Math.max(...paths.flatMap(({ losses }) => losses.map(({ value }) => value)));
            if (exponent === undefined || exponent <= 0) return [];
            const end = Math.log(top / first) / exponent;
            return [
              {
                label: `paths, linearised, ${multiple}·η*`,
                points: Array.from({ length: 41 }, (_, k) => ({
                  x: 1 + (k * end) / 40,
                  y: first * Math.exp((exponent * k * end) / 40),
                })),
              },
            ];
          }),
          series: [...groups].flatMap(([multiple, paths], g) =>
            paths.map(({ losses, seed }) => ({
              label: `η = ${multiple}·η*, seed ${seed}`,
              style: g,
              marks: false,
              points: drawn(losses.filter((_, k) => k < 100 || k % 10 === 0)).map(({ x, y }) => ({ x: x + 1, y })),
            })),
          ),
          description:
            "Loss over steps after the switch from gradient descent to SGD, below and above the critical learning rate, with the growth of linearised paths.",
        },
        canvas,
      ),
    });
  }
  if (directions !== undefined) {
    const k = directions.directions;
    const curve = (values: number[]): { x: number; y: number }[] =>
      values.map((y, x) => ({ x, y: Math.max(1e-30, y) })).filter((_, i) => i % 3 === 0);
    const steps = Math.max(directions.stochastic.length, directions.gradientDescent.length) - 1;
    const level = (y: number): { x: number; y: number }[] => [
      { x: 0, y },
      { x: steps, y },
    ];
    figures.push({
      name: `directions-${slug}`,
      title: `Along which directions SGD escapes: ${role}`,
      caption: `D_${k}, the loss outside the ${k} sharpest directions over that inside, exact, at η = 2.2/λ_max, where gradient descent leaves as well: it leaves along these only, SGD along others too.`,
      svg: chart(
        {
          x: { label: "step t" },
          y: { type: "log", label: `D_${k}` },
          predictions: [
            { label: "SGD, long run", points: level(directions.limit) },
            { label: "Σλ² beyond k over Σλ² up to k", points: level(directions.squaredCurvatureRatio) },
          ],
          series: [
            { label: "SGD, B = 1", points: curve(directions.stochastic) },
            { label: "gradient descent", points: curve(directions.gradientDescent) },
          ],
          height: 300,
          description:
            "Share of the loss outside the sharpest directions over steps, for SGD and gradient descent, with its long-run value.",
        },
        canvas,
      ),
    });
  }
  return figures;
}

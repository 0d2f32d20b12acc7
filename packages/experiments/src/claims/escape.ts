import type { Claim, Finished, Scope } from "../claim.js";
import { escapeFigures } from "./escape-figures.js";
import { judgeValues, type Acceptance } from "../judge.js";
import { groupBy, median } from "../statistics.js";
import { directionsOf, exponentAt, growthOf, switchesOf, type EscapeTask, type SwitchPath } from "../study/escape.js";
import { cell } from "./minima.js";
import { ofPreset } from "./settings.js";
import { sharpStarts } from "./sharp-starts.js";

/** The switch from gradient descent to SGD at a sharp minimum: how fast it leaves, and by which directions. */
export const escape: Claim<"escape"> = {
  name: "escape",
  title: "SGD leaves sharp minima exponentially fast",
  statement:
    "At a minimum with η > η* the loss of SGD grows exponentially, by log ρ(Q) per step in expectation, until it finds a flatter one; it leaves along flat directions too, while gradient descent leaves along the sharpest alone.",
  source:
    "Wu, Wang & Su, NeurIPS 2022 (arXiv:2207.02628): exponential escape at γ = η²pμ₀‖H‖²_F or faster (recalled). ρ(Q): Ma & Ying, NeurIPS 2021; Mulayoff & Michaeli, COLT 2024. D_k: Wang & Wu 2023 (arXiv:2310.00692), Theorem 5.2 (recalled). The switch: Wu, Ma & E, NeurIPS 2018.",
  method:
    "Gradient descent with a small step finds a sharp minimum of a two-layer ReLU network, and of a fully connected and a convolutional network on images. Linearised there, the exact recursion of E L is compared with log ρ(Q), and random paths with the Lyapunov exponent: means of paths would underestimate E L, which few paths carry, so paths are judged by their own exponent. Then the network itself continues by SGD, below and above η*.",
  study: "escape",
  jobs: (scope: Scope) => sharpStarts(scope).map(({ role, start }) => ({ role, task: taskOf(start, scope) })),
  judge: (finished) => finished.flatMap(judgeOne),
  figures: (finished, canvas) => finished.flatMap((one) => escapeFigures(one, canvas)),
  table: (finished) => ({
    title: "Linearised SGD and the switch",
    headings: [
      "minimum",
      "what",
      "η/η*",
      "η",
      "log γ",
      "log ρ(Q)",
      "recursion",
      "Lyapunov",
      "paths",
      "‖H‖_F before",
      "after",
    ],
    left: [0, 1],
    rows: finished.flatMap(({ role, records }) => [
      ...growthOf(records).map((one) => [
        role,
        "linearised",
        cell(one.multiple),
        cell(one.learningRate),
        cell(one.lowerBound),
        cell(one.growthRate),
        cell(one.recursionSlope),
        cell(one.lyapunov),
        cell(one.pathSlope),
        "",
        "",
      ]),
      ...switchesOf(records).map((one) => [
        role,
        `SGD, seed ${one.seed}`,
        cell(one.multiple),
        cell(one.learningRate),
        "",
        "",
        "",
        "",
        "",
        cell(one.before),
        cell(one.after),
      ]),
    ]),
  }),
};

function taskOf(start: EscapeTask["start"], { preset }: Scope): EscapeTask {
  return {
    start,
    batchSize: 1,
    multiples: ofPreset(preset, { test: [0.5, 2.5], fast: [0.8, 1.2, 1.6, 2.5], full: [0.8, 1.2, 1.6, 2.5, 4] }),
    steps: ofPreset(preset, { test: 60, fast: 300, full: 600 }),
    paths: ofPreset(preset, { test: 16, fast: 64, full: 400 }),
    switchTo: [0.5, 2.5],
    switchSteps: ofPreset(preset, { test: 200, fast: 6000, full: 20_000 }),
    switchEvery: ofPreset(preset, { test: 10, fast: 4, full: 4 }),
    switchPaths: ofPreset(preset, { test: 1, fast: 3, full: 9 }),
    perturbation: 1e-4,
    directions: 3,
  };
}

function judgeOne({ role, records, task }: Finished<"escape">): Acceptance[] {
  const growth = growthOf(records);
  const growing = growth.filter(({ multiple }) => multiple > 1);
  const switches = groupBy(switchesOf(records), ({ multiple }) => multiple);
  const directions = directionsOf(records);
  const largest = Math.max(...task.switchTo);
  const leaving = switches.get(largest) ?? [];
  const staying = switches.get(Math.min(...task.switchTo)) ?? [];
  return [
    judgeValues(
      `${role}: log E L of the exact recursion grows by log ρ(Q) per step: their ratio for η > η*`,
      growing.map(({ recursionSlope, growthRate }) => recursionSlope / growthRate),
      [0.95, 1.05],
      "a theorem in the long run; a twentieth for what the start has left after half of the steps",
    ),
    judgeValues(
      `${role}: the recursion falls for η < η*, slope of log E L`,
      growth.filter(({ multiple }) => multiple < 1).map(({ recursionSlope }) => recursionSlope),
      [-Infinity, 0],
      "a theorem",
    ),
    judgeValues(
      `${role}: log γ of the theorem lies below log ρ(Q), difference`,
      growth.map(({ lowerBound, growthRate }) => lowerBound - growthRate),
      [-Infinity, 1e-9],
      "a theorem: E L_t ≥ γᵗ L₀",
    ),
    judgeValues(
      `${role}: random paths grow at twice the Lyapunov exponent: |difference| over four standard errors and 0.002`,
      growth.map(
        ({ pathSlope, pathError, lyapunov, lyapunovError }) =>
          Math.abs(pathSlope - lyapunov) / (4 * Math.hypot(pathError, lyapunovError) + 0.002),
      ),
      [0, 1],
      "four standard errors of both, and 0.002 for what the start has left",
    ),
    judgeValues(
      `${role}: paths grow no faster than the mean, (slope − log ρ)/(four standard errors)`,
      growing.map(({ pathSlope, pathError, growthRate }) => (pathSlope - growthRate) / (4 * pathError)),
      [-Infinity, 1],
      "Jensen's inequality, and four standard errors",
    ),
    judgeValues(
      `${role}: SGD at ${Math.min(...task.switchTo)}·η* stays, log₁₀ of last over first loss (median over paths)`,
      [median(staying.map(decades))],
      [-Infinity, 0],
      "below η* the loss returns",
      staying.length,
    ),
    judgeValues(
      `${role}: SGD that stays keeps its sharpness, ‖H‖_F after over before (median over paths)`,
      [median(staying.map(({ before, after }) => after / before))],
      [0.95, 1.05],
      "nothing moves it; a twentieth is ours",
      staying.length,
    ),
    judgeValues(
      `${role}: SGD at ${largest}·η* leaves, log₁₀ of largest over first loss (median over paths)`,
      [
        median(
          leaving.map(({ losses }) => Math.log10(Math.max(...losses.map(({ value }) => value)) / losses[0]!.value)),
        ),
      ],
      [3, Infinity],
      "exponential growth; three decades are ours",
      leaving.length,
    ),
    judgeValues(
      `${role}: SGD that leaves rises as linearised paths do, slope of log L of real SGD over its first three decades over twice the Lyapunov exponent (median over paths)`,
      [median(leaving.map((path) => riseOf(path) / (exponentAt(records, largest) ?? NaN)).filter(Number.isFinite))],
      [0.5, 2],
      "1 in the long run while the model is linear; a factor of two for the first steps and for few paths",
      leaving.length,
    ),
    judgeValues(
      `${role}: SGD that leaves ends where it is flatter, ‖H‖_F after over before (median over paths)`,
      [median(leaving.map(({ before, after }) => after / before))],
      [0, 0.9],
      "the claim; a tenth",
      leaving.length,
    ),
    ...(directions === undefined
      ? []
      : [
          judgeValues(
            `${role}: D_${directions.directions} of SGD in the long run over Σλ² beyond k over Σλ² up to k`,
            [directions.limit / directions.squaredCurvatureRatio],
            [0.25, Infinity],
            "the bound of Wang & Wu up to a constant, as recalled; a quarter is ours",
          ),
          judgeValues(
            `${role}: D_${directions.directions} of gradient descent at the end over its start`,
            [directions.gradientDescent.at(-1)! / directions.gradientDescent[0]!],
            [0, 0.01],
            "towards 0 exponentially: only directions beyond 2/η grow",
          ),
        ]),
  ];
}

/** Slope of log L from the start until it has risen by three decades; NaN where it never does. */
function riseOf({ losses }: SwitchPath): number {
  const first = losses[0]!;
  const risen = losses.find(({ value }) => value > 1e3 * first.value);
  return risen === undefined ? NaN : Math.log(risen.value / first.value) / (risen.step - first.step);
}

const decades = ({ losses }: SwitchPath): number => Math.log10(losses.at(-1)!.value / losses[0]!.value);

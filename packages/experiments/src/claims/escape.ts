import type { Claim, Finished, Scope } from "../claim.js";
import { escapeFigures } from "./escape-figures.js";
import { judge, valuesOf, type Acceptance, type Sample } from "../judge.js";
import { groupBy } from "../statistics.js";
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
    switchPaths: ofPreset(preset, { test: 1, fast: 5, full: 9 }),
    perturbation: 1e-4,
    directions: 3,
  };
}

function judgeOne({ role, records, task }: Finished<"escape">): Acceptance[] {
  const growth = growthOf(records);
  const growing = growth.filter(({ multiple }) => multiple > 1);
  const directions = directionsOf(records);
  return [
    judge({
      kind: "identity",
      statement: `${role}: log E L of the exact recursion grows by log ρ(Q) per step: their ratio for η > η*`,
      samples: valuesOf(growing.map(({ recursionSlope, growthRate }) => recursionSlope / growthRate)),
      band: [0.95, 1.05],
      because: "the same number in the long run; a twentieth for what the start has left after half of the steps",
    }),
    judge({
      kind: "theorem",
      statement: `${role}: the recursion falls for η < η*, slope of log E L`,
      samples: valuesOf(growth.filter(({ multiple }) => multiple < 1).map(({ recursionSlope }) => recursionSlope)),
      band: [-Infinity, 0],
      because: "a theorem",
    }),
    judge({
      kind: "theorem",
      statement: `${role}: log γ of the theorem lies below log ρ(Q), difference`,
      samples: valuesOf(growth.map(({ lowerBound, growthRate }) => lowerBound - growthRate)),
      band: [-Infinity, 1e-9],
      because: "a theorem: E L_t ≥ γᵗ L₀",
    }),
    judge({
      kind: "identity",
      statement: `${role}: random paths grow at twice the Lyapunov exponent: |difference| over four standard errors and 0.002`,
      samples: valuesOf(
        growth.map(
          ({ pathSlope, pathError, lyapunov, lyapunovError }) =>
            Math.abs(pathSlope - lyapunov) / (4 * Math.hypot(pathError, lyapunovError) + 0.002),
        ),
      ),
      band: [0, 1],
      because: "the same number in the long run; four standard errors of both, and 0.002 for what the start has left",
    }),
    judge({
      kind: "theorem",
      statement: `${role}: paths grow no faster than the mean, (slope − log ρ)/(four standard errors)`,
      samples: valuesOf(
        growing.map(({ pathSlope, pathError, growthRate }) => (pathSlope - growthRate) / (4 * pathError)),
      ),
      band: [-Infinity, 1],
      because: "Jensen's inequality, and four standard errors",
    }),
    ...judgeSwitch(role, records, task),
    ...(directions === undefined
      ? []
      : [
          judge({
            kind: "evidence",
            statement: `${role}: D_${directions.directions} of SGD in the long run over Σλ² beyond k over Σλ² up to k`,
            samples: valuesOf([directions.limit / directions.squaredCurvatureRatio]),
            band: [0.25, Infinity],
            because: "the bound of Wang & Wu up to a constant, as recalled; a quarter is ours",
            controls: [
              {
                what: "gradient descent, at the end",
                values: [directions.gradientDescent.at(-1)! / directions.squaredCurvatureRatio],
              },
            ],
          }),
          judge({
            kind: "evidence",
            statement: `${role}: D_${directions.directions} of gradient descent at the end over its start`,
            samples: valuesOf([directions.gradientDescent.at(-1)! / directions.gradientDescent[0]!]),
            band: [0, 0.01],
            because: "towards 0 exponentially: only directions beyond 2/η grow",
            controls: [{ what: "SGD in the long run", values: [directions.limit / directions.gradientDescent[0]!] }],
          }),
        ]),
  ];
}

/** What the network itself does once it continues by SGD, below and above η*: each is the control of the other. */
function judgeSwitch(role: string, records: Finished<"escape">["records"], task: EscapeTask): Acceptance[] {
  const switches = groupBy(switchesOf(records), ({ multiple }) => multiple);
  const [smallest, largest] = [Math.min(...task.switchTo), Math.max(...task.switchTo)];
  const staying = switches.get(smallest) ?? [];
  const leaving = switches.get(largest) ?? [];
  const samples = (paths: readonly SwitchPath[], value: (path: SwitchPath) => number): Sample[] =>
    paths.map((path) => ({ value: value(path), setting: role, seed: path.seed }));
  const flatter = ({ before, after }: SwitchPath): number => after / before;
  const stays = { what: `SGD at ${smallest}·η*` };
  const leaves = { what: `SGD at ${largest}·η*` };
  const minimum = records.find((one) => one.part === "minimum");
  return [
    judge({
      kind: "evidence",
      statement: `${role}: SGD at ${smallest}·η* stays, log₁₀ of largest over first loss`,
      samples: samples(staying, rise),
      band: [0, 1],
      because: "below η* the loss returns; a decade for single paths is ours",
      controls: [{ ...leaves, values: leaving.map(rise) }],
    }),
    judge({
      kind: "evidence",
      statement: `${role}: SGD that stays keeps its sharpness, ‖H‖_F after over before`,
      samples: samples(staying, flatter),
      band: [0.95, 1.05],
      because: "nothing moves it; a twentieth is ours",
      controls: [{ ...leaves, values: leaving.map(flatter) }],
    }),
    judge({
      kind: "evidence",
      statement: `${role}: SGD at ${largest}·η* leaves, log₁₀ of largest over first loss`,
      samples: samples(leaving, rise),
      band: [3, Infinity],
      because: "exponential growth; three decades are ours",
      controls: [{ ...stays, values: staying.map(rise) }],
    }),
    judge({
      kind: "evidence",
      statement: `${role}: SGD that leaves rises as linearised paths do, slope of log L of real SGD over its first three decades over twice the Lyapunov exponent`,
      samples: samples(leaving, (path) => riseOf(path) / (exponentAt(records, largest) ?? NaN)),
      band: [0.5, 2],
      because: "1 in the long run while the model is linear; a factor of two for the first steps and for few paths",
      controls: [
        {
          what: "the exponent of gradient descent with that learning rate, 2·log|1 − ηλ_max|",
          values: leaving.map(
            (path) =>
              riseOf(path) / (2 * Math.log(Math.abs(1 - path.learningRate * (minimum?.largestEigenvalue ?? NaN)))),
          ),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement: `${role}: SGD that leaves ends where it is flatter, ‖H‖_F after over before`,
      samples: samples(leaving, flatter),
      band: [0, 0.9],
      because: "the claim; a tenth",
      controls: [{ ...stays, values: staying.map(flatter) }],
    }),
  ];
}

/** Slope of log L from the start until it has risen by three decades; 0 where it never does, NaN where a loss is not known. */
function riseOf({ losses }: SwitchPath): number {
  const first = losses[0]!;
  if (losses.some(({ value }) => Number.isNaN(value))) return NaN;
  const risen = losses.find(({ value }) => value > 1e3 * first.value);
  return risen === undefined ? 0 : Math.log(risen.value / first.value) / (risen.step - first.step);
}

/** Decades from the first loss to the largest. */
const rise = ({ losses }: SwitchPath): number =>
  Math.log10(Math.max(...losses.map(({ value }) => value)) / losses[0]!.value);

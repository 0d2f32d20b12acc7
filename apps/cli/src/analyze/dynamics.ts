import type { MinimumAnalysis, MinimumInUnits } from "@sgdscope/analysis";
import { timesPowerOfTwo, unitExponent } from "@sgdscope/linear-algebra";
import { noiseStructure } from "@sgdscope/noise-structure";
import { noiseScale } from "@sgdscope/noise-structure/noise-scale";
import { seededRandom } from "@sgdscope/random";
import { batchSharpness, expectedLoss, type PreparedMinimum, type Sampling } from "@sgdscope/stability-criterion";
import { escapeDirections, type EscapeDirections } from "@sgdscope/stability-criterion/escape";
import { lyapunovExponent, type PathExponentEstimate } from "@sgdscope/stability-criterion/simulation";
import { stationaryCovariance } from "@sgdscope/stability-criterion/stationary";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { formatMeasured, formatNumber } from "../terminal/number.js";
import { formatTable, type Column } from "../terminal/table.js";
import { usageError } from "../terminal/errors.js";
import { optimizerName } from "../terminal/optimizer-name.js";
import type { AnalyzeOptions } from "./options.js";

/** What was asked about the way of SGD beyond its verdict, for one batch size; undefined where it was not asked for. */
export interface Dynamics {
  batchSize: number;
  /** `E L_t` for t = 0 … steps, and the part of the loss that no step changes. */
  expectedLoss: { losses: number[]; floor: number } | undefined;
  /** The Lyapunov exponent of linearised SGD, with its standard error. */
  lyapunov: PathExponentEstimate | undefined;
  escapeDirections: (Omit<EscapeDirections, "ratios" | "gradientDescent"> & { directions: number }) | undefined;
  /** Where SGD settles; `"unstable"` at or above η*, where it settles nowhere. */
  cloud:
    | { squaredDistance: number; excessLoss: number; squaredGradient: number; noiseless: boolean }
    | "unstable"
    | undefined;
}

/** The scales at which noise and gradient balance, and the batch sharpness of single examples: no learning rate needed. */
export interface Scales {
  simpleNoiseScale: number | undefined;
  curvatureWeightedNoiseScale: number | undefined;
  batchSharpness: number;
}

/** The noise scales and the batch sharpness at the residuals of a minimum, neither of which depends on the scale of residuals. */
export function scalesOf({ prepared, unit }: MinimumInUnits): Scales {
  const { system, spectrum } = prepared;
  const exponent = unitExponent(system.residuals.reduce((most, r) => Math.max(most, Math.abs(r)), 0));
  const scaled = { ...system, residuals: system.residuals.map((r) => timesPowerOfTwo(r, -exponent)) };
  const { simple, curvatureWeighted } = noiseScale(noiseStructure(scaled, { spectrum }));
  return {
    simpleNoiseScale: simple,
    curvatureWeightedNoiseScale: curvatureWeighted,
    batchSharpness: timesPowerOfTwo(batchSharpness(scaled), unit),
  };
}

/** The options that ask for more than the record; each needs a learning rate. */
/** The options that ask for more than an analysis. */
export const dynamicsAsked = ({ curve, lyapunov, escapeDirections: k, cloud }: AnalyzeOptions): string[] => [
  ...(curve === undefined ? [] : ["--curve"]),
  ...(lyapunov === true ? ["--lyapunov"] : []),
  ...(k === undefined ? [] : ["--escape-directions"]),
  ...(cloud === true ? ["--cloud"] : []),
];

/** What has no theory beyond plain SGD would be taken for that of the optimizer. */
export function refuseDynamics(options: AnalyzeOptions, { weightDecay = 0 }: Optimizer): void {
  for (const asked of dynamicsAsked(options)) {
    const plainOnly = asked === "--lyapunov" || asked === "--escape-directions";
    if (plainOnly || weightDecay > 0)
      throw usageError(
        `${asked}: expected ${plainOnly ? "plain SGD, got an optimizer with momentum or weight decay" : "an optimizer without weight decay"}`,
        "leave one of them out",
      );
  }
}

/** Computes what was asked for, at each batch size. */
export function dynamicsOf(
  { prepared: minimum, unit }: MinimumInUnits,
  analysis: MinimumAnalysis,
  options: AnalyzeOptions,
): Dynamics[] {
  const asked = dynamicsAsked(options);
  if (asked.length === 0) return [];
  const { learningRate, curve, lyapunov, escapeDirections: k, cloud, seed } = options;
  if (learningRate === undefined) throw usageError(`${asked[0]!} needs --learning-rate <η>`);
  if (k !== undefined && k > minimum.rank)
    throw usageError(`--escape-directions: expected at most the rank of the Gram matrix, ${minimum.rank}, got ${k}`);
  return analysis.conditions.map(({ batchSize, sampling, samplingFactor, optimizer, verdict }) => {
    const batches: { batchSize: number; sampling: Sampling; learningRate: number } = {
      batchSize,
      sampling,
      learningRate: timesPowerOfTwo(learningRate, unit),
    };
    return {
      batchSize,
      expectedLoss:
        curve === undefined
          ? undefined
          : shifted(expectedLoss(minimum, { ...batches, optimizer, steps: curve }), analysis),
      lyapunov:
        lyapunov === true
          ? lyapunovExponent(minimum, { ...batches, random: seededRandom(seed).stream(`lyapunov ${batchSize}`) })
          : undefined,
      escapeDirections: k === undefined ? undefined : directionsOf(minimum, { ...batches, directions: k }),
      cloud:
        cloud !== true
          ? undefined
          : verdict!.edgeRatio >= 1
            ? "unstable"
            : { ...cloudOf(minimum, { ...batches, optimizer }, unit), noiseless: samplingFactor === 0 },
    };
  });
}

/** The quadratic model of a loss that is not square is ‖r̃‖²/2n but for a constant, which makes it L at this point. */
function shifted(
  { losses, floor }: { losses: Float64Array; floor: number },
  { outputLoss }: MinimumAnalysis,
): { losses: number[]; floor: number } {
  const constant = outputLoss === undefined ? 0 : outputLoss.loss - outputLoss.naturalScale / 2;
  return { losses: Array.from(losses, (loss) => loss + constant), floor: floor + constant };
}

function directionsOf(
  minimum: PreparedMinimum,
  options: Parameters<typeof escapeDirections>[1],
): NonNullable<Dynamics["escapeDirections"]> {
  const { ratios: _, gradientDescent: __, ...limits } = escapeDirections(minimum, options);
  return { directions: options.directions, ...limits };
}

function cloudOf(
  minimum: PreparedMinimum,
  options: Parameters<typeof stationaryCovariance>[1],
  unit: number,
): { squaredDistance: number; excessLoss: number; squaredGradient: number } {
  const { squaredDistance, excessLoss, squaredGradient } = stationaryCovariance(minimum, options);
  return {
    squaredDistance: timesPowerOfTwo(squaredDistance, -unit),
    excessLoss,
    squaredGradient: timesPowerOfTwo(squaredGradient, unit),
  };
}

/** Steps that a curve is printed at: 0 and a few per decade. */
const shownSteps = (count: number): number[] =>
  [
    ...new Set([
      0,
      ...[1, 2, 5].flatMap((digit) => [1, 10, 100, 1000, 10_000, 1e5].map((decade) => digit * decade)),
      count - 1,
    ]),
  ]
    .filter((step) => step < count)
    .sort((a, b) => a - b);

/** What was asked for, for a person. */
export function dynamicsText(
  all: readonly Dynamics[],
  { digits, optimizer }: { digits: number; optimizer?: Optimizer | undefined },
  { outputLoss }: Pick<MinimumAnalysis, "outputLoss">,
): string {
  const blocks: string[] = [];
  const number = (value: number): string => formatNumber(value, digits);
  const first = all[0];
  if (first === undefined) return "";
  if (first.expectedLoss !== undefined) {
    const columns: Column<number>[] = [
      { heading: "step t", cell: String },
      ...all.map(({ batchSize, expectedLoss: curve }) => ({
        heading: `B = ${batchSize}`,
        cell: (step: number) => number(curve!.losses[step]!),
      })),
    ];
    const floor = first.expectedLoss.floor;
    blocks.push(
      `Expected loss E L_t${outputLoss === undefined ? "" : " of the Gauss–Newton linearisation"}, exact${floor > 0 && outputLoss === undefined ? `; ${number(floor)} of it is a floor that no step can reduce` : ""}\n${formatTable(columns, shownSteps(first.expectedLoss.losses.length))}`,
    );
  }
  const lines = all.flatMap(({ batchSize, lyapunov, escapeDirections: directions, cloud }) => [
    ...(lyapunov === undefined ? [] : [`  B = ${batchSize}: ${lyapunovText(lyapunov)}`]),
    ...(directions === undefined
      ? []
      : [
          `  B = ${batchSize}: the loss outside the ${directions.directions} sharpest directions over that inside tends to D_k = ${number(directions.limit)} ` +
            `(${number(directions.decoupledLimit)} under decoupled noise; 0 for gradient descent where it escapes; Σλ² outside over inside is ${number(directions.squaredCurvatureRatio)})`,
        ]),
    ...(cloud === undefined
      ? []
      : cloud === "unstable"
        ? [`  B = ${batchSize}: it settles nowhere, since η is not below η*`]
        : [
            `  B = ${batchSize}: it settles in a cloud of E‖δ‖² = ${number(cloud.squaredDistance)}, excess loss ${number(cloud.excessLoss)}, E‖∇L‖² = ${number(cloud.squaredGradient)}` +
              (cloud.excessLoss > 0
                ? ""
                : cloud.noiseless
                  ? ": the full batch has no noise, so it is a point"
                  : ": the minimum interpolates, so it is a point"),
          ]),
  ]);
  if (lines.length > 0)
    blocks.push(
      `Dynamics of ${optimizer === undefined ? "linearised SGD" : `${optimizerName(optimizer)}, linearised`}\n${lines.join("\n")}\n`,
    );
  return blocks.map((block) => `\n${block}`).join("");
}

function lyapunovText({ value, standardError }: PathExponentEstimate): string {
  const away = Math.abs(value) > 2 * standardError;
  const word = !away ? "too near 0 to tell" : value < 0 ? "almost every path returns" : "almost every path leaves";
  return `the Lyapunov exponent is ${formatMeasured({ value, standardError })} per step: ${word}`;
}

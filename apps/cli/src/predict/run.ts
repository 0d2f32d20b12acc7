import { decideConditions, lossMarks, prepareInUnits, rankToleranceOf, type Conditions } from "@sgdscope/analysis";
import { prepareBackend } from "@sgdscope/compute";
import { predict as predicted, trialDefaults, tryPrediction, type Prediction, type Trial } from "@sgdscope/experiments";
import { seededRandom } from "@sgdscope/random";
import { optimizerThreshold, type Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { expectMomentum } from "../options/nesterov.js";
import { exitCodes, usageError } from "../terminal/errors.js";
import { printJson } from "../terminal/json.js";
import { print } from "../terminal/print.js";
import { progressOn } from "../terminal/progress.js";
import { stopSignal } from "../terminal/signals.js";
import type { PredictOptions } from "./options.js";
import { openRunMinimum, type RunMinimum } from "./minimum.js";
import { isMissed, predictionDocument, predictionText } from "./text.js";

/** Predicts each setting at the minimum of a run, tries it where that is asked for, and prints both. */
export async function predict(options: PredictOptions): Promise<void> {
  if (options.nesterov === true) expectMomentum(options.momentum);
  await prepareBackend(options.backend);
  const point = await openRunMinimum(options.run);
  const progress = progressOn(process.stderr, options.quiet === true);
  const stop = stopSignal();
  try {
    progress.update(0, "eigenvalues");
    const { prepared, unit } = prepareInUnits(point.minimum);
    if (unit !== 0) throw usageError("--run: expected a Gram matrix between 2^-100 and 2^100");
    const conditions = conditionsOf(point, options);
    const asked: Prediction[] = conditions.flatMap(({ optimizer, batchSize, sampling }) => {
      const { criticalLearningRate } = optimizerThreshold(prepared, { optimizer, batchSize, sampling });
      const rates = [
        ...(options.learningRate ?? []),
        ...multiplesOf(options).map((multiple) => multiple * criticalLearningRate),
      ];
      return rates.map((learningRate) => predicted(prepared, { optimizer, learningRate, batchSize, sampling }));
    });
    const tried = options.try === true ? await trials(point, asked, options, progress, stop.signal) : asked;
    progress.end();
    const { name, examples, outputs, reached, lossLabel } = point;
    const answer = {
      ...{
        name,
        lossLabel,
        examples,
        outputs,
        reached,
        rank: prepared.rank,
        rankTolerance: rankToleranceOf(point.minimum),
      },
      predictions: tried,
      marks: [
        ...new Map(
          [...conditions.flatMap(({ marks }) => marks), ...lossMarks(point.minimum, prepared)].map((one) => [
            one.id,
            one,
          ]),
        ).values(),
      ],
    };
    if (options.json === true) printJson(predictionDocument(answer));
    else print(predictionText(answer));
    if (tried.some(isMissed)) process.exitCode = exitCodes.criterion;
  } finally {
    progress.end();
    stop.off();
    point.dispose();
  }
}

async function trials(
  { trainee, leastLoss }: RunMinimum,
  asked: readonly Prediction[],
  { steps, perturbation, seed }: PredictOptions,
  progress: ReturnType<typeof progressOn>,
  signal: AbortSignal,
): Promise<Trial[]> {
  const at = await trainee.snapshot();
  const random = seededRandom(seed);
  const done: Trial[] = [];
  for (const [k, one] of asked.entries()) {
    progress.update(k / asked.length, `η = ${one.learningRate.toPrecision(4)}, B = ${one.batchSize}`);
    const options = { ...trialDefaults, steps, perturbation };
    done.push(await tryPrediction({ trainee, leastLoss }, at, one, options, random.stream(`trial ${k}`), signal));
  }
  return done;
}

const multiplesOf = ({ multiples, learningRate }: PredictOptions): number[] =>
  multiples ?? (learningRate === undefined ? [0.5, 0.8, 1.25, 2] : []);

/** The conditions that are asked about: what is left out is the run's own, as an analysis decides. */
function conditionsOf(
  { minimum }: RunMinimum,
  { batchSize, sampling, momentum, nesterov }: PredictOptions,
): Conditions[] {
  const request = {
    ...(batchSize === undefined ? {} : { batchSizes: batchSize }),
    ...(sampling === undefined ? {} : { sampling }),
  };
  if (momentum === undefined) return decideConditions(minimum, request);
  return momentum.flatMap((beta) => {
    const kind = nesterov === true ? "nesterov" : "heavy-ball";
    const optimizer: Optimizer = beta === 0 ? { kind: "sgd" } : { kind, momentum: beta };
    return decideConditions(minimum, { ...request, optimizer });
  });
}

import { formatJson, parseJson } from "@sgdscope/array-files";
import { seededRandom } from "@sgdscope/random";
import { RunsError } from "@sgdscope/runs";
import { SgdError, training, vectorTrainee, type Training } from "@sgdscope/sgd";
import { expect, it } from "vitest";
import { mutations } from "../../testing/src/mutants.js";
import { surveyMutants } from "../../testing/src/survey-mutants.js";
import { checkRecord, formatCheckpoint, parseCheckpoint } from "../src/node.js";
import { TrainingError } from "../src/errors.js";

const COUNT = 10_000;
const refusal = (error: unknown): string | undefined =>
  error instanceof TrainingError || error instanceof SgdError || error instanceof RunsError ? error.code : undefined;

/** ℓᵢ = ½(θᵢ − 1)², eight of them. */
const trainee = () =>
  vectorTrainee({
    parameters: new Float64Array(8),
    size: 8,
    gradient: (parameters, batch, out) => batch.forEach((i) => (out[i]! += parameters[i]! - 1)),
    loss: (parameters) => parameters.reduce((sum, value) => sum + (value - 1) ** 2 / 16, 0),
  });
const options = { learningRate: 0.1, batchSize: 2, sampling: "epoch-shuffle", momentum: 0.5 } as const;
const started = (more: object): Promise<Training> =>
  training(trainee(), { ...options, random: seededRandom(1), maxSteps: 30, ...more });

it(`${COUNT} mutants of a checkpoint are trained on from, or refused`, { timeout: 600_000 }, async () => {
  const first = await started({});
  await first.advance(25);
  const bytes = formatCheckpoint(await first.checkpoint());
  const survey = await surveyMutants(
    mutations(bytes, { seed: 1, count: COUNT }),
    async (mutant) => (await started({ resume: parseCheckpoint(mutant, "here") })).run(),
    {
      refusal,
      accept: ({ steps, loss, history, reason }) => {
        if (!Number.isSafeInteger(steps) || steps < 0) expect.fail(`${steps} steps`);
        // A damaged number may be NaN or huge: then the training says that it diverged.
        if (Number.isNaN(loss) && reason !== "diverged") expect.fail("a loss that is no number");
        for (const { step } of history) if (!Number.isSafeInteger(step)) expect.fail(`a loss at step ${step}`);
      },
    },
  );
  console.info("checkpoint", JSON.stringify(survey));
  expect(survey.accepted).toBeGreaterThan(0);
  expect(survey.refused).toBeGreaterThan(COUNT / 10);
  expect(survey.mostBytes).toBeLessThan(50e6);
});

it(`${COUNT} mutants of a record are records, or refused`, { timeout: 300_000 }, async () => {
  const record = {
    model: "fully connected",
    data: "synthetic",
    parameters: 20,
    examples: 12,
    outputs: 1,
    learningRate: 0.02,
    batchSize: 2,
    sampling: "without-replacement",
    seed: 1,
    gradientDescent: false,
    reason: "interpolated",
    steps: 900,
    seconds: 1,
    backend: "wasm",
    loss: 1e-13,
    interpolates: true,
    minimum: { traceG: 3, edgeRatio: 0.97, marks: ["momentum"] },
    alignment: [{ step: 900, loss: 1e-13, frobeniusG: 2 }],
  };
  const survey = await surveyMutants(
    mutations(new TextEncoder().encode(formatJson(record)), { seed: 2, count: COUNT }),
    (bytes) => {
      let value: unknown;
      try {
        value = parseJson(new TextDecoder().decode(bytes));
      } catch (error) {
        throw new RunsError("INVALID_RUN", "not JSON", { cause: error });
      }
      return checkRecord(value, "here");
    },
    {
      refusal,
      accept: ({ steps, examples, learningRate, alignment, interpolates }) => {
        if (!(Number.isSafeInteger(steps) && Number.isSafeInteger(examples) && examples > 0)) expect.fail("counts");
        if (!(learningRate > 0 && learningRate < Infinity) || typeof interpolates !== "boolean")
          expect.fail("settings");
        for (const { step } of alignment) if (!Number.isSafeInteger(step)) expect.fail("alignment");
      },
    },
  );
  console.info("record", JSON.stringify(survey));
  expect(survey.accepted).toBeGreaterThan(0);
  expect(survey.refused).toBeGreaterThan(COUNT / 4);
});

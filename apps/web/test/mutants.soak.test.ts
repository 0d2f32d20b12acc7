import { formatJson } from "@sgdscope/array-files";
import { claimNamed, runClaim } from "@sgdscope/experiments";
import { expect, it } from "vitest";
import { mutations } from "../../../packages/testing/src/mutants.js";
import { surveyMutants } from "../../../packages/testing/src/survey-mutants.js";
import { planOf } from "../src/claims/plan.js";
import { claimOf, loadReport, ReportError } from "../src/claims/report.js";
import { defaults, learningRates, ranges } from "../src/state/settings.js";
import { decodeSettings, encodeSettings } from "../src/state/url.js";

const COUNT = 10_000;
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

it(`${COUNT} mutants of a link are settings in range, whatever they say`, { timeout: 300_000 }, async () => {
  const { problem, phases, speed } = defaults("two-layer-relu");
  const later = { ...phases[0], from: 8000, batchSize: 1, sampling: "bernoulli" as const };
  const link = encodeSettings({ problem, phases: [phases[0], later, { ...later, from: 9000 }], speed });
  const survey = await surveyMutants(
    mutations(new TextEncoder().encode(`#${link}`), { seed: 1, count: COUNT }),
    (bytes) => decodeSettings(decode(bytes)),
    {
      refusal: () => undefined,
      accept: (settings) => {
        const { examples, inputs, width, seed, model } = settings.problem;
        for (const [value, range] of [
          [examples, ranges.examples],
          [inputs, ranges.inputs],
          [width, ranges.width],
          [seed, ranges.seed],
        ] as const)
          if (!Number.isInteger(value) || value < range.smallest || value > range.largest) expect.fail(`${value}`);
        let from = -1;
        for (const phase of settings.phases) {
          const { smallest, largest } = learningRates[model];
          if (!(phase.learningRate >= smallest && phase.learningRate <= largest))
            expect.fail(`η = ${phase.learningRate}`);
          if (!Number.isInteger(phase.batchSize) || phase.batchSize < 1 || phase.batchSize > examples) expect.fail("B");
          if (!(phase.from > from)) expect.fail("phases out of order");
          from = phase.from;
        }
        // A link that was read once stays what it is.
        const text = encodeSettings(settings);
        if (encodeSettings(decodeSettings(text)) !== text) expect.fail(`${text} changes when it is read again`);
      },
    },
  );
  console.info("link", JSON.stringify(survey));
  expect(survey.accepted).toBe(COUNT);
  expect(survey.mostBytes).toBeLessThan(50e6);
});

it(`${COUNT} mutants of report.json can be judged, or are refused`, { timeout: 600_000 }, async () => {
  const scope = { preset: "test", images: { kind: "synthetic" }, seed: 1 } as const;
  const parts: object[] = [];
  for (const name of ["escape", "generalization"]) {
    const claim = claimNamed(name)!;
    const jobs = planOf(claim, "quick").jobs.slice(0, 1);
    for await (const done of runClaim({ ...claim, jobs: () => jobs }, scope)) {
      const { role, task, records } = done;
      parts.push({ name, jobs: [{ role, study: claim.study, task, records: records.slice(0, 4) }] });
      break;
    }
  }
  const report = {
    schema: "sgdscope/reproduce@2",
    command: "sgdscope reproduce",
    preset: "fast",
    data: "synthetic",
    seed: 1,
    claims: parts,
  };
  const survey = await surveyMutants(
    mutations(new TextEncoder().encode(formatJson(report)), { seed: 2, count: COUNT }),
    (bytes) => loadReport(decode(bytes)),
    {
      refusal: (error) => (error instanceof ReportError ? error.code : undefined),
      accept: ({ parts: read, origin }) => {
        if (typeof origin !== "string") expect.fail("head");
        for (const part of read) {
          const { finished } = part;
          const claim = claimOf(part);
          for (const { holds } of claim.judge(finished))
            if (typeof holds !== "boolean") expect.fail("a judgement that is none");
          for (const row of claim.table(finished).rows)
            if (!row.every((cell) => typeof cell === "string")) expect.fail("a cell");
        }
      },
    },
  );
  console.info("report", JSON.stringify(survey));
  expect(survey.accepted).toBeGreaterThan(0);
  expect(survey.refused).toBeGreaterThan(COUNT / 10);
  expect(survey.mostBytes).toBeLessThan(50e6);
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { seededRandom } from "@sgdscope/random";
import { openSubject, trainingDefaults, trainSubject, type ClosedFormTask } from "@sgdscope/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measure } from "../../web/src/study/measure.js";
import { sgdscope } from "./support.js";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sgdscope-one-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const task: ClosedFormTask = {
  ...trainingDefaults,
  data: { kind: "sphere", inputs: 5, count: 12, teacher: { kind: "relu", neurons: 3 }, seed: 3 },
  model: { kind: "two-layer-relu", width: 8 },
  learningRate: 0.02,
  batchSize: 4,
  warmUp: 0,
  maxSteps: 40,
  alignmentAt: [],
};

interface Document {
  noise: { frobeniusG: number; largestEigenvalue: number; loss: number; alignmentFactor: number };
  conditions: {
    sampling: string;
    samplingFactor: number;
    alignmentFactor: number;
    criticalLearningRate: number;
    verdict: {
      verdict: string;
      edgeRatio: number;
      frobeniusLimit: number;
      growth: { spectralRadius: number };
      bounds: { id: string; ratio: number }[];
    };
  }[];
}

describe("one system, asked by the command line, the page and a claim", () => {
  it.each(["with-replacement", "without-replacement", "bernoulli", "epoch-shuffle"] as const)(
    "has one record, %s",
    async (sampling) => {
      const asked = { ...task, sampling };
      const subject = await openSubject(asked, seededRandom(task.seed));
      // What claims judge.
      const { minimum } = await trainSubject(subject, asked);
      const system = await subject.system();
      // What the page shows.
      const { learningRate, batchSize } = task;
      const shown = measure(system, task.maxSteps, { from: 0, learningRate, batchSize, sampling })!;
      // What the command line prints; it refuses a sampling without theory, and is asked for what stands in its place.
      await writeArrays(join(folder, "system.npz"), {
        K: { shape: [12, 12], data: system.gram },
        r: { shape: [12], data: system.residuals },
      });
      const judged = sampling === "epoch-shuffle" ? "without-replacement" : sampling;
      const argv = ["--gram", `${folder}/system.npz:K`, "--residuals", `${folder}/system.npz:r`, "--sampling", judged];
      const printed = await sgdscope("analyze", ...argv, "--batch-size", "4", "--learning-rate", "0.02", "--json");
      const { noise, conditions } = JSON.parse(printed.stdout) as Document;
      const [{ verdict, ...condition }] = conditions as [Document["conditions"][number]];
      const ratioOf = (id: string): number => verdict.bounds.find((bound) => bound.id === id)!.ratio;

      expect(minimum).toMatchObject({
        frobeniusG: noise.frobeniusG,
        largestEigenvalue: noise.largestEigenvalue,
        alignmentFactor: noise.alignmentFactor,
        samplingFactor: condition.samplingFactor,
        frobeniusLimit: verdict.frobeniusLimit,
        criticalLearningRate: condition.criticalLearningRate,
        edgeRatio: verdict.edgeRatio,
        rankOneRatio: ratioOf("rank-one"),
        topEigenvectorRatio: ratioOf("top-eigenvector"),
        descentRatio: ratioOf("gradient-descent"),
        verdict: verdict.verdict,
      });
      expect(minimum!.marks.includes("epoch-shuffle")).toBe(sampling === "epoch-shuffle");
      expect(shown).toEqual({
        step: task.maxSteps,
        learningRate,
        loss: noise.loss,
        frobeniusG: noise.frobeniusG,
        largestEigenvalue: noise.largestEigenvalue,
        alignmentFactor: condition.alignmentFactor,
        samplingFactor: condition.samplingFactor,
        frobeniusLimit: verdict.frobeniusLimit,
        criticalLearningRate: condition.criticalLearningRate,
        edgeRatio: verdict.edgeRatio,
        spectralRadius: verdict.growth.spectralRadius,
      });
    },
  );
});

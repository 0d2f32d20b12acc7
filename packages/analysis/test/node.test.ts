import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { minimumOfArrays } from "../src/index.js";
import { minimumOfFiles, type MinimumFiles, type ReadArgument } from "../src/node.js";

const array = (shape: number[], ...data: number[]) => ({ shape, data: Float64Array.from(data) });
const arrays = {
  gram: array([4, 4], 2, 0, 1, 0, 0, 4, 0, 1, 1, 0, 2, 0, 0, 1, 0, 3),
  jacobian: array([4, 2], 1, 0, 0, 2, 1, 1, 3, -1),
  preconditioner: array([2], 4, 0.25),
  residuals: array([4], 1, -1, 2, 0.5),
  logits: array([4], 0.5, -1, 2, 0.25),
  labels: array([4], 0, 1, 1, 0),
  targets: array([4], 0.5, 1, 0, 0.25),
  weights: array([4], 1, 2, 0, 1),
};

describe("a minimum of files", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sgdscope-minimum-"));
    await writeArrays(join(folder, "all.npz"), Object.fromEntries(Object.entries(arrays)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const at = (key: ReadArgument): string => `${join(folder, "all.npz")}:${key}`;

  it("is that of the arrays in them, called by the file of its matrix", async () => {
    const { gram, jacobian, residuals } = arrays;
    expect(await minimumOfFiles({ gram: at("gram"), residuals: at("residuals") })).toEqual(
      minimumOfArrays(at("gram"), { gram, residuals }),
    );
    expect(await minimumOfFiles({ jacobian: at("jacobian") })).toEqual(minimumOfArrays(at("jacobian"), { jacobian }));
    expect(await minimumOfFiles({ gram: at("gram"), outputs: 2 })).toEqual(
      minimumOfArrays(at("gram"), { gram, outputs: 2 }),
    );
  });

  it("says in its name that it is preconditioned, and by what", async () => {
    const { jacobian, preconditioner } = arrays;
    const name = `${at("jacobian")}, preconditioned by ${at("preconditioner")}`;
    expect(await minimumOfFiles({ jacobian: at("jacobian"), preconditioner: at("preconditioner") })).toEqual(
      minimumOfArrays(name, { jacobian, preconditioner }),
    );
  });

  it.each([
    ["labels", "cross-entropy", "labels", undefined],
    ["labels and weights", "logistic", "labels", "weights"],
    ["targets", "logistic", "targets", undefined],
    ["targets and weights", "square", "targets", "weights"],
  ] as const)("with a loss reads its %s", async (_, loss, truth, weights) => {
    // Cross-entropy of two classes: of one output it says nothing.
    const outputs = loss === "cross-entropy" ? 2 : 1;
    const examples = 4 / outputs;
    const shaped = {
      ...arrays,
      logits: array([examples, outputs], ...arrays.logits.data),
      labels: array([examples], ...arrays.labels.data.slice(0, examples)),
      gram: arrays.gram,
    };
    const read = (argument: ReadArgument, path: string) => {
      expect(path).toBe(`the ${argument}`);
      return Promise.resolve(shaped[argument]);
    };
    const files: MinimumFiles = {
      gram: "the gram",
      loss: {
        loss,
        logits: "the logits",
        [truth]: `the ${truth}`,
        ...(weights === undefined ? {} : { weights: `the ${weights}` }),
      },
    };
    expect(await minimumOfFiles(files, { read })).toEqual(
      minimumOfArrays("the gram", {
        gram: shaped.gram,
        loss: {
          loss,
          logits: shaped.logits,
          [truth]: shaped[truth],
          ...(weights === undefined ? {} : { weights: shaped[weights] }),
        },
      }),
    );
  });

  it("is refused without a matrix, and with two", async () => {
    await expect(minimumOfFiles({ residuals: at("residuals") })).rejects.toMatchObject({
      name: "AnalysisError",
      code: "MISSING",
      argument: "gram",
    });
    await expect(minimumOfFiles({ gram: at("gram"), jacobian: at("jacobian") })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      argument: "gram",
      message: expect.stringContaining("got both") as string,
    });
  });
});

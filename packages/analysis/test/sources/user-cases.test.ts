import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { analyseSync } from "../../src/index.js";
import { minimumOfFiles } from "../../src/node.js";

// Arrays as users bring them, with right answers; the folder is kept outside the repository.
const folder = process.env["SGDSCOPE_USER_CASES_DIR"];
if (folder === undefined)
  console.warn("skips arrays of users: set SGDSCOPE_USER_CASES_DIR to the folder that holds them.");
const at = (name: string): string => join(folder ?? "", "arrays", name);

describe.skipIf(folder === undefined)("arrays of users", () => {
  it.each([
    { jacobian: at("J_nCP.npy"), residuals: at("r_nC.npy") },
    { jacobian: at("J_nCP.npy"), residuals: at("r_flat.npy") },
    { gram: at("ntk_nnCC.npy"), residuals: at("r_nC.npy") },
  ])("%o: five examples with three outputs", async (files) => {
    const { minimum } = await minimumOfFiles(files);
    const { noise } = analyseSync(minimum, { batchSizes: [1] });
    expect(noise.traceG).toBeCloseTo(119.2989, 4);
    expect(noise.frobeniusG).toBeCloseTo(36.4059, 4);
    expect(noise.gradientNorm ** 2).toBeCloseTo(29.5465, 4);
    expect(noise.traceNoise).toBeCloseTo(71.3647, 4);
  });

  it.each([
    [{ jacobian: at("J_CnP.npy"), residuals: at("r_nC.npy") }, "J.transpose(1, 0, 2)"],
    [{ jacobian: at("J_nCP.npy"), residuals: at("r_Cn.npy") }, "r.T"],
    [{ jacobian: at("J1.npy"), residuals: at("r_row.npy") }, "r.T"],
  ])("%o is refused with the cure", async (files, cure) => {
    await expect(minimumOfFiles(files)).rejects.toMatchObject({
      code: "SHAPE_MISMATCH",
      message: expect.stringContaining(cure) as string,
    });
  });

  it.each(["K64.npy", "K32.npy", "K32.json"])("%s: rank 6, whatever its precision", async (name) => {
    const { minimum } = await minimumOfFiles({ gram: at(name), residuals: at("rr.npy") });
    const {
      minimum: { rank },

      alignmentRange,
      conditions,
    } = analyseSync(minimum, { batchSizes: [1], learningRate: 0.1 });
    expect(rank).toBe(6);
    expect(conditions[0]!.verdict!.growth.spectralRadius).toBeCloseTo(0.918161, 6);
    expect(alignmentRange!.infimum).toBeCloseTo(0.704, 3);
    expect(alignmentRange!.supremum).toBeCloseTo(1.793, 3);
    const bound = (id: string): number => conditions[0]!.bounds.find((one) => one.id === id)!.criticalLearningRate;
    expect(bound("alignment-worst-case")).toBeCloseTo(0.466, 3);
    expect(bound("alignment-uncentred")).toBeCloseTo(0.644, 3);
    expect(bound("wu-ma-e")).toBeCloseTo(0.1899, 4);
  });
});

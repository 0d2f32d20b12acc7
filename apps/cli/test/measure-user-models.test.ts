import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it, vi } from "vitest";
import { sgdscope, type Outcome } from "./support.js";

vi.setConfig({ testTimeout: 240_000 });

// Models as users bring them, with right answers; the folder is kept outside the repository.
const folder = process.env["SGDSCOPE_USER_CASES_DIR"];
if (folder === undefined)
  console.warn("skips models of users: set SGDSCOPE_USER_CASES_DIR to the folder that holds them.");

const measure = (model: string, x: string, y: string, ...more: string[]): Promise<Outcome> => {
  const at = (name: string): string => join(folder ?? "", "models", model, name);
  return sgdscope("measure", "--model", at(""), "--inputs", at(x), "--targets", at(y), ...more);
};
interface Document {
  analysis: { noise: { loss: number } };
  gaussNewton: { trace: { value: number } };
  hessian: { trace: { value: number; standardError: number } };
}
const measured = async (...options: Parameters<typeof measure>): Promise<Document> => {
  const { stdout, stderr, exitCode } = await measure(...options, "--quiet", "--json");
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return JSON.parse(stdout) as Document;
};

describe.skipIf(folder === undefined)("models of users", () => {
  it("a convolution of 3 × 5 with strides 1 × 2: Tr G 38.95", async () => {
    expect((await measured("conv_rect", "x.npy", "y.npy")).gaussNewton.trace.value).toBeCloseTo(38.95, 2);
  });

  it.each([
    [
      "x_nchw.npy",
      "y.npy",
      /--inputs: expected shape \[n, 8, 8, 3\], got \[6, 3, 8, 8\].*\n.*x\.transpose\(0, 2, 3, 1\)/,
    ],
    ["x.npy", "y_T.npy", /--targets: expected shape \[6, 2\], got \[2, 6\]: it is transposed\n.*pass y\.T/],
  ])("%s with %s is refused with its cure, and leaves nothing behind", async (x, y, message) => {
    await measure("conv_rect", "x.npy", "y.npy", "--per-example", "none", "--top", "1", "--products", "9", "--quiet");
    const before = tf.memory().numTensors;
    const refused = await measure("conv_rect", x, y, "--quiet");
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toMatch(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("bytes: Tr H from all columns, with an error that covers Float32", async () => {
    const { trace } = (await measured("conv_rect", "x_u8.npy", "y.npy", "--products", "176")).hessian;
    // Seeds differ by .005.
    expect(trace.standardError).toBeGreaterThan(0.005);
    expect(trace.standardError).toBeLessThan(1);
    expect(Math.abs(trace.value - 28714.5)).toBeLessThan(0.05 + trace.standardError);
    const { stderr } = await measure("conv_rect", "x_u8.npy", "y.npy", "--per-example", "none", "--top", "1");
    expect(stderr).toMatch(/^note: --inputs: bytes 0–255 are taken as they are/);
  });

  it("a dilated convolution is measured, one example at a time alike", async () => {
    const [rules, loop] = [
      await measured("conv_dil", "x.npy", "y.npy"),
      await measured("conv_dil", "x.npy", "y.npy", "--per-example", "loop"),
    ];
    expect(rules.gaussNewton.trace.value).toBeGreaterThan(1);
    expect(Math.abs(rules.gaussNewton.trace.value / loop.gaussNewton.trace.value - 1)).toBeLessThan(1e-5);
    expect(rules.hessian.trace).toEqual({ ...rules.gaussNewton.trace });
  });

  it("a topology of Keras 3: L = .31409207", async () => {
    const { loss } = (await measured("keras3_seq", "x.npy", "y.npy")).analysis.noise;
    expect(Math.abs(loss / 0.31409207 - 1)).toBeLessThan(1e-6);
  });
});

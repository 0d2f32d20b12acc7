import { confidenceInterval, deflatedNorm } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { frobenius, generator, TINY_CNN, withSpectrum } from "./support.js";

describe("confidenceInterval", () => {
  test("at 95 % holds the deflated norm of a small CNN in 90 to 98 % of 400 runs of 33 products", async () => {
    const cnn = withSpectrum(TINY_CNN);
    let held = 0;
    for (let run = 0; run < 400; run++) {
      const norm = await deflatedNorm(cnn, { random: generator(run), maxMatvecs: 33 });
      const { lower, upper } = confidenceInterval(norm);
      if (lower <= frobenius(TINY_CNN) && frobenius(TINY_CNN) <= upper) held++;
    }
    expect(held / 400).toBeGreaterThan(0.9);
    expect(held / 400).toBeLessThan(0.98);
  });
});

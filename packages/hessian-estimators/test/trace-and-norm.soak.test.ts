import { traceAndNorm } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { diagonal, frobenius, generator, sum, TINY_CNN } from "./support.js";

describe("traceAndNorm", () => {
  // Gaussian probes do not know a rotated matrix from a diagonal one, and a diagonal product is quick.
  const cnn = diagonal([...TINY_CNN, ...new Array<number>(400 - TINY_CNN.length).fill(0)]);

  test.each([
    ["deflated", 0.03],
    ["hutchinson", 0.08],
  ] as const)(
    "%s: asked for a relative error of %d, is off by more than twice that in fewer than 1 in 20 of 300 runs",
    async (method, relativeError) => {
      let traceOff = 0;
      let normOff = 0;
      for (let seed = 0; seed < 300; seed++) {
        const options = { random: generator(seed), method, probes: "gaussian" } as const;
        const { norm } = await traceAndNorm(cnn, { ...options, relativeError: { norm: relativeError } });
        const { trace } = await traceAndNorm(cnn, { ...options, relativeError: { trace: relativeError } });
        if (Math.abs(trace.value / sum(TINY_CNN) - 1) > 2 * relativeError) traceOff++;
        if (Math.abs(norm.value / frobenius(TINY_CNN) - 1) > 2 * relativeError) normOff++;
        expect(trace.converged && norm.converged).toBe(true);
        expect(Math.min(trace.samples, norm.samples)).toBeGreaterThanOrEqual(8);
      }
      expect(traceOff / 300).toBeLessThan(0.05);
      expect(normOff / 300).toBeLessThan(0.05);
    },
  );
});

import { describe, expect, it } from "vitest";
import { warmUp } from "@sgdscope/sgd";

describe("warmUp", () => {
  it("rises linearly to the full learning rate and stays there", () => {
    const schedule = warmUp(0.8, 4);
    expect([0, 1, 2, 3, 4, 100].map(schedule)).toEqual([0.2, 0.4, 0.8 * 0.75, 0.8, 0.8, 0.8]);
  });

  it("refuses a learning rate that is no finite number ≥ 0, and no steps", () => {
    for (const rate of [-1, NaN, Infinity])
      expect(() => warmUp(rate, 10)).toThrow(expect.objectContaining({ code: "INVALID_LEARNING_RATE" }));
    expect(() => warmUp(1, 0)).toThrow(expect.objectContaining({ code: "INVALID_STEPS" }));
  });
});

import { expect, it } from "vitest";
import { enableRelaxedSimd } from "../src/relaxed-simd.js";

it("relaxed SIMD is there in every supported Node, once it is enabled, however often", () => {
  expect(enableRelaxedSimd()).toBe(true);
  expect(enableRelaxedSimd()).toBe(true);
});

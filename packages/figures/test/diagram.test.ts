import { criticalCurves, diagramAxes, growthRates } from "@sgdscope/analysis";
import type { GramSystem } from "@sgdscope/noise-structure";
import { prepareMinimum } from "@sgdscope/stability-criterion";
import { Window } from "happy-dom";
import { describe, expect, it } from "vitest";
import { diagramFigure } from "../src/index.js";

/** Three examples whose thresholds are known in twelve digits. */
const system: GramSystem = {
  examples: 3,
  outputs: 1,
  gram: Float64Array.of(2, 0, 1, 0, 4, 2, 1, 2, 2),
  residuals: Float64Array.of(1, -1, 2),
};
const minimum = prepareMinimum(system);

describe("the figure of the diagram", () => {
  const document = new Window().document as unknown as Document;
  const axes = diagramAxes(minimum, { learningRates: { minimum: 0.1, maximum: 2, count: 5 } });
  const growth = [...growthRates(minimum, axes)];
  const curves = criticalCurves(minimum, axes);
  const figure = diagramFigure({ growth, batchSizes: axes.batchSizes, curves }, { document });

  it("has a cell for every record, each with its growth rate", () => {
    const titles = [...figure.querySelectorAll("rect > title")].map((title) => title.textContent);
    expect(titles).toHaveLength(growth.length);
    for (const { learningRate, batchSize, growthRate } of growth)
      expect(titles).toContain(
        `η = ${learningRate.toPrecision(4)}, B = ${batchSize}: log ρ = ${growthRate.toPrecision(4)}`,
      );
  });

  it("names itself and every curve, and draws no number that is not one", () => {
    expect(figure.getAttribute("aria-label")).toContain("Phase diagram");
    expect(figure.getAttribute("role")).toBe("img");
    for (const name of ["exact η*", "rank one", "Wu–Ma–E", "chi", "alignment, worst case"])
      expect(figure.textContent).toContain(name);
    expect(figure.outerHTML).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("draws a single cell", () => {
    const one = diagramAxes(minimum, { learningRates: { minimum: 1, maximum: 1, count: 1 }, batchSizes: [2] });
    const single = diagramFigure({ growth: [...growthRates(minimum, one)], batchSizes: [2], curves: [] }, { document });
    expect(single.querySelectorAll("rect > title")).toHaveLength(1);
  });
});

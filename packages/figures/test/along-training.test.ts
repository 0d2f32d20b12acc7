import type { MetricRecord } from "@sgdscope/training";
import { Window } from "happy-dom";
import { describe, expect, it } from "vitest";
import { alongTrainingFigures } from "../src/index.js";

const document = new Window().document as unknown as Document;
const metrics: MetricRecord[] = [
  { step: 0, loss: 2, margin: Infinity, batchSharpness: 4, batchSharpnessStandardError: 5, traceH: -3 },
  { step: 50, loss: 1 },
  { step: 100, loss: 0.5, margin: 0.5, batchSharpness: 90, batchSharpnessStandardError: 8, traceH: 7 },
  { step: 200, loss: 0.25, margin: 1.25, batchSharpness: -2, criticalSharpness: 70 },
];
const figures = alongTrainingFigures(metrics, { learningRate: 0.02 }, { document });
const named = (id: string): SVGSVGElement => figures.find((figure) => figure.id === id)!.svg;
const textsOf = (svg: SVGSVGElement): string[] => [...svg.querySelectorAll("text")].map((text) => text.textContent);
const titlesOf = (svg: SVGSVGElement): string[] => [...svg.querySelectorAll("title")].map((title) => title.textContent);
/** The heights on the page of the ends of the first line, which is the prediction. */
const heightsOfLine = (svg: SVGSVGElement): number[] =>
  [
    ...svg
      .querySelector("g[stroke='#d55e00'] path")!
      .getAttribute("d")!
      .matchAll(/,(-?[\d.]+)/g),
  ].map(([, y]) => Number(y));

describe("figures along a training", () => {
  it("are one per quantity that was measured, the margin first and the loss last", () => {
    expect(figures.map(({ id }) => id)).toEqual(["margin", "sharpness", "trace", "loss"]);
    expect(alongTrainingFigures([{ step: 0, loss: 1 }], { learningRate: 1 }, { document }).map(({ id }) => id)).toEqual(
      ["loss"],
    );
    expect(alongTrainingFigures([], { learningRate: 1 }, { document })).toEqual([]);
  });

  it("draw the margin over the step on the line 1, and what lies below it shaded", () => {
    const svg = named("margin");
    expect(titlesOf(svg)).toEqual(["η*/η: 100, 0.5", "η*/η: 200, 1.25"]);
    const [from, to] = heightsOfLine(svg);
    expect(from).toBe(to);
    const heightOf = (tick: string): number => {
      const label = [...svg.querySelectorAll("text")].find(({ textContent }) => textContent === tick)!;
      return Number(/,([\d.]+)/.exec(label.getAttribute("transform")!)![1]);
    };
    expect(from).toBeCloseTo(heightOf("1"), 0);
    expect(svg.outerHTML).toContain('fill-opacity="0.08"');
  });

  it("draw the sharpness on the line 2/η, with standard errors to the edge of a logarithmic axis", () => {
    const svg = named("sharpness");
    expect(titlesOf(svg)).toEqual([
      "of batches: 0, 4 (-1 … 9)",
      "of batches: 100, 90 (82 … 98)",
      "critical, 2/η_c: 200, 70",
    ]);
    for (const word of ["2/η", "of batches", "critical, 2/η_c", "100"]) expect(textsOf(svg)).toContain(word);
    expect(textsOf(svg)).not.toContain("along updates");
    expect(svg.outerHTML).not.toMatch(/NaN|Infinity/);
    expect(svg.querySelectorAll("path").length).toBeGreaterThan(4);
  });

  it("count what their axes cannot show: infinities, and what is not positive on a logarithmic one", () => {
    expect(figures.map(({ hidden }) => hidden)).toEqual([1, 1, 0, 0]);
    expect(titlesOf(named("trace"))).toEqual(["Tr H: 0, -3", "Tr H: 100, 7"]);
  });

  it("say to those who cannot see them what went from where to where", () => {
    expect(named("margin").getAttribute("aria-label")).toBe(
      "How far from the edge over the steps up to 200: η*/η from 0.5 to 1.25; with the line 1, the edge.",
    );
  });

  it("have plots of one width, and no marks on long series", () => {
    const rightOf = (svg: SVGSVGElement): string | null => svg.querySelector("rect")!.getAttribute("width");
    expect(new Set(figures.map(({ svg }) => rightOf(svg))).size).toBe(1);
    const long = Array.from({ length: 61 }, (_, step) => ({ step, loss: 1 / (1 + step) }));
    const [loss] = alongTrainingFigures(long, { learningRate: 1 }, { document });
    expect(titlesOf(loss!.svg)).toEqual([]);
  });
});

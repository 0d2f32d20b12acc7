import { Window } from "happy-dom";
import { describe, expect, it } from "vitest";
import { chart, type ChartOptions } from "../src/index.js";

const document = new Window().document as unknown as Document;

const options: ChartOptions = {
  x: { type: "log", label: "size", ticks: [1, 8, 40] },
  y: { type: "log", label: "norm" },
  predictions: [{ label: "the law", points: [1, 8, 40].map((x) => ({ x, y: 2 / x })) }],
  series: [
    {
      label: "measured",
      points: [
        { x: 1, y: 2, low: 1, high: 3 },
        { x: 8, y: 0 },
        { x: 40, y: 0.06, hollow: true },
      ],
    },
    { label: "other", style: 0, dash: true, points: [{ x: 1, y: 1 }] },
  ],
  description: "A chart that shows a law and what was measured.",
};

describe("chart", () => {
  const svg = chart(options, { document });

  it("names both axes, every tick asked for, every prediction and every series", () => {
    const text = [...svg.querySelectorAll("text")].map((each) => each.textContent).join("|");
    for (const word of ["size", "norm", "the law", "measured", "other", "1", "8", "40"]) expect(text).toContain(word);
  });

  it("reaches every tick asked for, beyond the data too", () => {
    const wide = chart({ ...options, x: { type: "log", label: "size", ticks: [1, 8, 40, 400] } }, { document });
    const place = (label: string): number => {
      const tick = [...wide.querySelectorAll("text")].find(({ textContent }) => textContent === label)!;
      return Number(/translate\(([\d.]+)/.exec(tick.getAttribute("transform")!)![1]);
    };
    expect(place("400")).toBeGreaterThan(place("40"));
    expect(place("400")).toBeLessThan(720);
  });

  it("leaves out what a logarithmic axis cannot show, and draws whiskers and hollow marks", () => {
    const marks = [...svg.querySelectorAll("title")].map((each) => each.textContent);
    expect(marks).toEqual(["measured: 1, 2 (1 … 3)", "measured: 40, 0.06", "other: 1, 1"]);
    expect(svg.outerHTML).toContain("var(--paper, #fff)");
    expect(svg.outerHTML).not.toContain("NaN");
  });

  it("ends a whisker at the edge of a logarithmic axis that cannot show where it ends", () => {
    const point = { x: 1, y: 2, low: -1, high: 3 };
    const drawn = chart({ ...options, predictions: [], series: [{ label: "a", points: [point] }] }, { document });
    expect(drawn.outerHTML).not.toMatch(/NaN|Infinity/);
    expect([...drawn.querySelectorAll("title")].map((each) => each.textContent)).toEqual(["a: 1, 2 (-1 … 3)"]);
    expect([...drawn.querySelectorAll("text")].map((each) => each.textContent)).toContain("2");
  });

  it("draws predictions before the data", () => {
    const html = svg.outerHTML;
    expect(html.indexOf("#d55e00")).toBeGreaterThan(0);
    expect(html.indexOf("#d55e00")).toBeLessThan(html.indexOf("measured: 1"));
  });
});

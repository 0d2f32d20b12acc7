import type { AlignmentRecord, MinimumMeasurement, MinimumRecord } from "@sgdscope/training";
import { Window } from "happy-dom";
import { describe, expect, it } from "vitest";
import { alignmentFigure, boundFigure, edgeFigure, momentumFigure } from "../src/index.js";

const document = new Window().document as unknown as Document;

const alignmentAt = (step: number, loss: number, alignmentFactor: number): AlignmentRecord => ({
  step,
  loss,
  alignmentFactor,
  frobeniusG: 20,
  uncentredAlignmentFactor: alignmentFactor,
  directionAlignment: 0.8,
  noiseMagnitude: 1.4,
  decouplingError: 0.9,
  traceG: 60,
  noiseStrength: 100 * loss,
});

function record(
  learningRate: number,
  batchSize: number,
  change: Partial<MinimumRecord> = {},
  ratio = 0.98,
): MinimumRecord {
  const minimum: MinimumMeasurement = {
    traceG: 60,
    frobeniusG: 20,
    frobeniusH: { value: 20.1, standardError: 0.1, matvecs: 33 },
    largestEigenvalue: 12,
    alignmentFactor: 1.1,
    alignmentRange: [0.2, 4],
    uncentredAlignmentFactor: 1.2,
    directionAlignment: 0.8,
    noiseMagnitude: 1.4,
    samplingFactor: 1 / batchSize,
    frobeniusLimit: 45,
    frobeniusRatio: 0.44,
    scaledNorm: 0.4,
    criticalLearningRate: learningRate / ratio,
    edgeRatio: ratio,
    descentRatio: 0.1,
    traceRatio: 0.6,
    rankOneRatio: 0.8,
    topEigenvectorRatio: 0.5,
    verdict: "stable",
    marks: [],
  };
  return {
    model: "net",
    data: "images",
    parameters: 100,
    examples: 50,
    outputs: 1,
    learningRate,
    batchSize,
    sampling: "without-replacement",
    seed: 1,
    gradientDescent: batchSize === 50,
    reason: "interpolated",
    steps: 1000,
    seconds: 1,
    backend: "wasm",
    loss: 1e-7,
    interpolates: true,
    minimum,
    startEdgeRatio: undefined,
    alignment: [alignmentAt(0, 1, 1.3), alignmentAt(1000, 1e-7, 1.1)],
    learned: undefined,
    ...change,
  };
}

const records = [
  record(0.01, 1),
  record(0.02, 1, { interpolates: false, loss: 0.1 }, 3),
  record(0.02, 50),
  record(0.04, 1, { reason: "diverged", minimum: undefined, interpolates: false, alignment: [] }),
];

/** The marks of the data: symbols with a tooltip of their own. */
const marks = (svg: SVGSVGElement): Element[] =>
  [...svg.querySelectorAll("path, circle")].filter((mark) => mark.querySelector("title"));

describe("figures", () => {
  it("are one named SVG each, without scripts or links outside", () => {
    for (const figure of [edgeFigure, momentumFigure, boundFigure, alignmentFigure]) {
      const svg = figure(records, { document, width: 500 });
      expect(svg.tagName.toLowerCase()).toBe("svg");
      expect(svg.getAttribute("width")).toBe("500");
      expect(svg.getAttribute("role")).toBe("img");
      expect(svg.getAttribute("aria-label")!.length).toBeGreaterThan(40);
      expect(svg.outerHTML).not.toMatch(/<script|href=|url\(http/);
      expect(svg.outerHTML).not.toContain("NaN");
    }
  });

  it("name nothing inside them: a name without a role is none", () => {
    for (const figure of [edgeFigure, momentumFigure, boundFigure, alignmentFigure])
      expect(figure(records, { document }).querySelectorAll("[aria-label]")).toHaveLength(0);
  });

  it("have their legend under the plot, in its width, where there is no room beside it", () => {
    for (const figure of [edgeFigure, boundFigure, alignmentFigure]) {
      const [wide, narrow] = [720, 328].map((width) => figure(records, { document, width }));
      const placeOf = (svg: SVGSVGElement): [x: number, y: number] => {
        const entry = [...svg.querySelectorAll("text")].findLast(({ textContent }) => /^(η|B) = /.test(textContent))!;
        return /translate\(([\d.]+),([\d.]+)\)/.exec(entry.getAttribute("transform")!)!.slice(1).map(Number) as never;
      };
      const height = Number(narrow!.getAttribute("height"));
      expect(placeOf(narrow!)[0]).toBeLessThan(100);
      expect(placeOf(narrow!)[1]).toBeLessThan(height);
      expect(height).toBeGreaterThan(Number(wide!.getAttribute("height")));
    }
  });

  it("number the axis of √B/η where they are narrow, too", () => {
    const texts = [...boundFigure(records, { document, width: 328 }).querySelectorAll("text")];
    const numbered = texts.map(({ textContent }) => textContent).filter((text) => /^[125]0+$/.test(text));
    expect(new Set(numbered).size).toBeGreaterThan(2);
  });

  it("draw one mark for each run that reached a point, filled where it interpolates", () => {
    const drawn = marks(edgeFigure(records, { document }));
    expect(drawn).toHaveLength(3);
    const titles = drawn.map((mark) => mark.querySelector("title")!.textContent);
    expect(titles.some((title) => title.includes("η = 0.02, B = 50: η/η* = 0.980"))).toBe(true);
    expect(marks(boundFigure(records, { document }))).toHaveLength(3);
  });

  it("hold SGD with momentum against three thresholds, and leave out what has none", () => {
    const own = (optimizer: object, ratio: number): MinimumRecord => {
      const one = record(0.02, 4, {}, ratio);
      return { ...one, minimum: { ...one.minimum!, optimizer: optimizer as never, plainEdgeRatio: 0.1 * ratio } };
    };
    const drawn = momentumFigure(
      [own({ kind: "sgd" }, 1), own({ kind: "heavy-ball", momentum: 0.9 }, 0.96), record(0.01, 1)],
      { document },
    );
    const titles = marks(drawn).map((mark) => mark.querySelector("title")!.textContent);
    expect(titles).toHaveLength(6);
    expect(titles.filter((title) => title.includes("momentum 0.9"))).toEqual([
      expect.stringContaining("0.960 of its own exact edge"),
      expect.stringContaining("0.0960 of the edge of plain SGD"),
      expect.stringContaining("0.960 of the same"),
    ]);
    expect(drawn.querySelectorAll("text")).not.toHaveLength(0);
  });

  it("draw the prediction: the line of the edge and the line of the bound", () => {
    expect(edgeFigure(records, { document }).outerHTML).toContain("the edge of mean-square stability");
    expect(boundFigure(records, { document }).outerHTML).toContain("beyond the bound if μ were 1, a heuristic");
    expect(alignmentFigure(records, { document }).outerHTML).toContain("μ = 1: noise covariance 2L·G");
  });
});

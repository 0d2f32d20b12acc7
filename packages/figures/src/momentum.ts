import * as Plot from "@observablehq/plot";
import type { MinimumRecord } from "@sgdscope/training";
import {
  colours,
  frame,
  legend,
  legendPlace,
  legendWidth,
  predictionColour,
  svg,
  symbols,
  type Canvas,
} from "./theme.js";

type Optimizer = NonNullable<NonNullable<MinimumRecord["minimum"]>["optimizer"]>;

const nameOf = (optimizer: Optimizer): string =>
  optimizer.kind === "sgd"
    ? "plain SGD"
    : `${optimizer.kind === "nesterov" ? "Nesterov" : "momentum"} ${optimizer.momentum}`;

const momentumOf = (optimizer: Optimizer): number => (optimizer.kind === "sgd" ? 0 : optimizer.momentum);

/** The thresholds that a learning rate is held against, each in a panel. */
const rules = ["its own exact edge", "the edge of plain SGD", "the same, at η/(1 − β)"] as const;

/**
 * Where SGD with momentum stops, on three yardsticks: η over the exact critical learning rate of its own optimizer, η over that of plain
 * SGD, and the effective rate η/(1 − β) over that of plain SGD. A panel each, the batch size along, on the line 1.
 *
 * Filled marks interpolate; records without an optimizer, of earlier versions, are left out. Panels stand below each other where the
 * canvas is narrow.
 */
export function momentumFigure(records: readonly MinimumRecord[], canvas: Canvas): SVGSVGElement {
  const points = records.flatMap((record) => {
    const { minimum } = record;
    if (minimum?.optimizer === undefined || minimum.plainEdgeRatio === undefined) return [];
    const { optimizer, edgeRatio, plainEdgeRatio } = minimum;
    const ratios = [edgeRatio, plainEdgeRatio, plainEdgeRatio / (1 - momentumOf(optimizer))];
    return rules.map((rule, k) => ({
      rule,
      ratio: ratios[k]!,
      label: batchLabel(record),
      batchSize: record.batchSize,
      optimizer: nameOf(optimizer),
      momentum: momentumOf(optimizer),
      filled: record.interpolates,
      title: `${record.model}, ${nameOf(optimizer)}, η = ${record.learningRate}, B = ${record.batchSize}: ${ratios[k]!.toPrecision(3)} of ${rule}`,
    }));
  });
  const optimizers = [
    ...new Map(
      [...points]
        .sort((a, b) => a.momentum - b.momentum || (a.optimizer < b.optimizer ? 1 : -1))
        .map((point) => [point.optimizer, point.momentum]),
    ).keys(),
  ];
  const labels = [...new Set([...points].sort((a, b) => a.batchSize - b.batchSize).map(({ label }) => label))];
  const colourOf = (name: string): string => colours[optimizers.indexOf(name) % colours.length]!;
  const symbolOf = (name: string) => symbols[optimizers.indexOf(name) % symbols.length]!;
  const entries = optimizers.map((label) => ({ label, colour: colourOf(label), symbol: symbolOf(label) }));
  const narrow = (canvas.width ?? 720) < 560;
  const height = narrow ? 620 : 360;
  const place = legendPlace(canvas, entries.length, { height, legend: legendWidth(entries.map(({ label }) => label)) });
  const facet = narrow ? "fy" : "fx";
  const ratios = points.map(({ ratio }) => ratio);
  return svg(
    {
      ...frame(canvas, height),
      ...place.options,
      height: narrow ? height + 18 * entries.length + 12 : height,
      marginTop: 44,
      [facet]: { domain: [...rules], label: null, ...(narrow ? { axis: null } : { axis: "top", padding: 0.06 }) },
      x: { type: "point", domain: labels, label: "batch size B", padding: 0.7, ...place.axis },
      y: {
        type: "log",
        domain: [Math.min(0.5, ...ratios) / 1.2, Math.max(2, ...ratios) * 1.2],
        label: "learning rate over …",
        grid: true,
        tickFormat: "~g",
        ticks: 5,
      },
      marks: [
        Plot.frame({ strokeOpacity: 0.25 }),
        Plot.ruleY([1], { stroke: predictionColour, strokeWidth: 2 }),
        ...(narrow
          ? [
              Plot.text(rules, {
                fy: (rule: string) => rule,
                text: (rule: string) => rule,
                frameAnchor: "top-left",
                dx: 6,
                dy: 6,
              }),
            ]
          : []),
        ...optimizers.map((name) => {
          const shift = (optimizers.indexOf(name) - (optimizers.length - 1) / 2) * 7;
          return Plot.dot(
            points.filter(({ optimizer }) => optimizer === name),
            {
              x: "label",
              y: "ratio",
              [facet]: "rule",
              dx: shift,
              r: 3.5,
              symbol: symbolOf(name),
              stroke: colourOf(name),
              strokeWidth: 1.5,
              fillOpacity: 0.5,
              fill: (point: (typeof points)[number]) => (point.filled ? colourOf(name) : "none"),
              title: "title",
            },
          );
        }),
        ...legend(entries, place, { [facet]: () => rules.at(-1) }),
      ],
    },
    "Learning rate at the minimum where SGD with momentum stopped, over three thresholds: the exact one of its own optimizer, that of plain SGD, and that of plain SGD at the effective rate. Only the first ratio is near 1 throughout.",
  );
}

const batchLabel = (record: MinimumRecord): string => (record.gradientDescent ? "all" : String(record.batchSize));

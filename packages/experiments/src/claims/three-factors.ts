import type { Claim, Job, Scope } from "../claim.js";
import { judge, type Acceptance, type Sample } from "../judge.js";
import { groupBy } from "../statistics.js";
import type { EndPointRecord, EndPointsTask } from "../study/end-points.js";
import { cell } from "./minima.js";
import { fullyConnected, imageTask, ofPreset, reluTask, seedsOf, tinyImageTask } from "./settings.js";
import { beyondReference, endsOf, over, relativeSharpness, type Ends, type Setting } from "./three-factors-ends.js";
import { threeFactorsFigures } from "./three-factors-figures.js";

/** What the ratio of learning rate and batch size decides, and up to where. */
export const threeFactors: Claim<"endPoints"> = {
  name: "three-factors",
  title: "η/B alone decides how sharp an end is only beyond the edge of the start, and only for the smallest batches",
  statement:
    "Driven from one start, trainings of equal η/B with batches up to n/10 end equally sharp, and of twice the ratio half as sharp, though they end elsewhere. With larger batches they end flatter than η/B says, by the factor by which η exceeds the exact η*(B) of the end of the smallest batch. Within the edge of the start the ratio decides nothing: ends are as sharp as the start, whatever it is.",
  source:
    "Jastrzębski et al., Three factors influencing minima in SGD (arXiv:1711.04623): to leading order, for noise that is isotropic, SGD samples P ∝ exp(−2LB/(ησ²)), so that only η/B and σ² matter; figures there hold minima of equal and of different η/B against each other along the segment between them. The limits of it by η*(B), and that there are none within the edge, are from here.",
  method:
    "Two-layer ReLU networks until L < 1e-8 and dense networks on images until L < 1e-6, several (η, B) from one start. At every end λ_max, Tr G and η*(B) of the other batch sizes are exact, from the Gram matrix; losses are taken along the segments between ends. Controls: twice the ratio, the largest batches, and pairs of equal ratio.",
  study: "endPoints",
  jobs,
  judge: (finished) =>
    [...groupBy(finished, ({ role }) => role)].flatMap(([role, own]) => judgeFamily(role, own.map(endsOf))),
  figures: (finished, canvas) => threeFactorsFigures(finished.map(endsOf), canvas),
  table: (finished) => ({
    title: "Every end",
    headings: ["model", "seed", "η", "B", "steps", "loss L", "η/η* of the start", "Tr G", "λ_max", "η/η*"],
    left: [0],
    rows: finished
      .flatMap(({ records }) => records)
      .filter((record) => record.part === "end")
      .map((end) => [
        end.model,
        String(end.seed),
        String(end.learningRate),
        String(end.batchSize),
        String(end.steps),
        cell(end.loss, 2),
        cell(end.startEdgeRatio),
        cell(end.traceG, 4),
        cell(end.largestEigenvalue, 4),
        cell(end.edgeRatio),
      ]),
  }),
};

function jobs(scope: Scope): Job<"endPoints">[] {
  const { preset, images } = scope;
  const many = ofPreset(preset, { test: 1, fast: 5, full: 9 });
  const count = ofPreset(preset, { test: 12, fast: 40, full: 40 });
  const width = ofPreset(preset, { test: 20, fast: 120, full: 120 });
  const relu = settingsOf(
    ofPreset(preset, { test: 0.01, fast: 0.002, full: 0.002 }),
    ofPreset(preset, { test: [1, 2, 6], fast: [2, 4, 8, 16], full: [1, 2, 4, 8, 16, 32] }),
    { ratio: ofPreset(preset, { test: 0.001, fast: 0.0004, full: 0.0004 }), batchSize: 4 },
  );
  const network = settingsOf(
    ofPreset(preset, { test: 0.005, fast: 0.0025, full: 0.0025 }),
    ofPreset(preset, { test: [2, 4, 8], fast: [4, 8, 32], full: [2, 4, 8, 16, 32] }),
    {
      ratio: ofPreset(preset, { test: 0.0005, fast: 0.00005, full: 0.00005 }),
      batchSize: ofPreset(preset, { test: 4, fast: 16, full: 16 }),
    },
  );
  const hidden = ofPreset(preset, { test: 8, fast: 32, full: 64 });
  const short = preset === "test" ? { lossBelow: 1e-3, maxSteps: 300, every: 50, warmUp: 0 } : {};
  return [
    ...seedsOf(scope, many).map((seed) => ({
      role: "two-layer ReLU",
      task: { start: { ...reluTask({ count, width, learningRate: 0.01, batchSize: 2, seed }), ...short }, ...relu },
    })),
    ...seedsOf(scope, ofPreset(preset, { test: 1, fast: 5, full: 9 })).map((seed) => ({
      role: "images",
      task: {
        start:
          preset === "test"
            ? { ...tinyImageTask(0.01, 2, seed), ...short }
            : imageTask(images, {
                ...{ count: 100, model: fullyConnected([hidden, hidden]), learningRate: 0.01, batchSize: 4, seed },
                ...{ warmUp: 100, every: 100, hessianProducts: 0, alignmentAt: [] },
              }),
        ...network,
      },
    })),
  ];
}

/** See {@link Ends}. */
function settingsOf(
  ratio: number,
  batchSizes: number[],
  slow: { ratio: number; batchSize: number },
): Omit<EndPointsTask, "start"> {
  const at = (each: number, batchSize: number): Setting => ({
    learningRate: Number((each * batchSize).toPrecision(12)),
    batchSize,
  });
  const settings = [
    ...batchSizes.map((batchSize) => at(ratio, batchSize)),
    at(2 * ratio, batchSizes[0]!),
    at(slow.ratio, slow.batchSize),
    at(2 * slow.ratio, slow.batchSize),
  ];
  return {
    settings,
    batchSizes,
    segments: [
      [0, 1],
      [0, batchSizes.length],
      [batchSizes.length + 1, batchSizes.length + 2],
    ],
  };
}

const isMinimum = (end: EndPointRecord | undefined): boolean => end?.interpolates !== false;

function judgeFamily(role: string, all: readonly Ends[]): Acceptance[] {
  const runs = all.filter((ends) => isMinimum(ends.reference));
  const traces = (of: (ends: Ends) => EndPointRecord | undefined, by = ({ reference }: Ends) => reference): Sample[] =>
    runs
      .filter((ends) => isMinimum(of(ends)) && isMinimum(by(ends)))
      .map((ends) => ({ value: over(of(ends)?.traceG, by(ends)?.traceG), setting: role, seed: ends.seed }));
  const values = (samples: readonly Sample[]): Sample["value"][] => samples.map(({ value }) => value);
  const larger = runs.flatMap((ends) =>
    ends.sameRatio.filter(({ end }) => isMinimum(end)).map((one) => ({ ends, ...one })),
  );
  const largest = (ends: Ends): EndPointRecord | undefined => ends.sameRatio.at(-1)?.end;
  const next = traces(({ sameRatio }) => sameRatio[0]?.end);
  const doubled = traces((ends) => ends.doubled);
  const slow = traces(
    (ends) => ends.slow[1],
    (ends) => ends.slow[0],
  );
  const widths = (kind: keyof Ends["segments"]): Sample[] =>
    all.map(({ segments, seed }) => ({
      value: over(segments[kind]?.curvatureFrom, segments[kind]?.curvatureTo),
      setting: role,
      seed,
    }));
  return [
    judge({
      kind: "evidence",
      statement: `${role}: ends of equal η/B, the smallest batch and twice that, are equally sharp, Tr G over Tr G`,
      samples: next,
      band: [0.85, 1.15],
      because: "1 to leading order, by the source; a seventh is ours, batches up to n/10",
      excluded: all.length - next.length,
      controls: [
        { what: "twice the ratio, by the smallest batch", values: values(doubled) },
        { what: "the same ratio, by the largest batch", values: values(traces(largest)) },
      ],
    }),
    judge({
      kind: "evidence",
      statement: `${role}: with larger batches λ_max falls by the factor by which η exceeds the exact η*(B) at the end of the smallest, their product`,
      samples: larger.map(({ ends, setting, end }) => ({
        value: product(relativeSharpness(ends, end), beyondReference(ends, setting)),
        setting: `${role} ${setting.batchSize}`,
        seed: ends.seed,
      })),
      band: [0.75, 1.3],
      because: "1 if all curvatures fell alike; the width is ours",
      excluded: all.reduce((sum, { sameRatio }) => sum + sameRatio.length, 0) - larger.length,
      controls: [
        {
          what: "η/B alone, λ_max of the largest batch over that of the smallest",
          values: runs.filter((ends) => isMinimum(largest(ends))).map((ends) => relativeSharpness(ends, largest(ends))),
        },
      ],
      beside: [
        {
          what: "twice the ratio, by the smallest batch",
          values: runs
            .filter((ends) => isMinimum(ends.doubled))
            .map((ends) =>
              product(
                relativeSharpness(ends, ends.doubled),
                ends.doubled === undefined ? undefined : beyondReference(ends, ends.doubled),
              ),
            ),
        },
      ],
    }),
    judge({
      kind: "evidence",
      statement: `${role}: within the edge of the start twice the ratio changes nothing, Tr G over Tr G`,
      samples: slow,
      band: [0.95, 1.05],
      because: "ours: nothing drives such a run, whatever its ratio; the source's equilibrium would halve it",
      excluded: all.length - slow.length,
      controls: [{ what: "twice the ratio, beyond the edge of the start", values: values(doubled) }],
    }),
    // Near a ReLU network of a hundred parameters the curvature along short segments scatters by factors of ten, within the edge too.
    ...(role === "images"
      ? [
          judge({
            kind: "evidence",
            statement: `${role}: on the segment to the end of twice the ratio the curvature at its two ends differs, sharper over wider`,
            samples: widths("doubled"),
            band: [1.25, Infinity],
            because: "as the source reads such segments; the factor is ours",
            controls: [
              {
                what: "the segment between two ratios within the edge of the start",
                values: widths("slow").map(({ value }) => value),
              },
            ],
            beside: [
              {
                what: "the segment between ends of equal ratio, 1 by the source",
                values: widths("same").map(({ value }) => value),
              },
            ],
          }),
        ]
      : []),
  ];
}

const product = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a * b;

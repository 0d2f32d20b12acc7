import type { NamedArray } from "@sgdscope/array-files";

/** JSON as the bytes that a capture keeps. */
export const bytesOf = (metadata: unknown): NamedArray => {
  const data = new TextEncoder().encode(typeof metadata === "string" ? metadata : JSON.stringify(metadata));
  return { shape: [data.length], data };
};

/** J of the problem with known answers of cross-entropy: rows of three examples with two outputs and three parameters. */
const jacobian = [
  [1, 0, 1],
  [0, 1, 0],
  [0, 2, 0],
  [1, 0, 1],
  [1, 1, 0],
  [0, 0, 2],
];

const gramOf = (rows: readonly number[][]): Float64Array =>
  Float64Array.from(rows.flatMap((a) => rows.map((b) => a.reduce((sum, value, k) => sum + value * b[k]!, 0))));

/** What `metadata` of the fixture says; its parts may be replaced. */
export const metadata = {
  schema: "sgdscope/capture@1",
  versions: { sgdscope: "0.1.0", torch: "2.13.0" },
  model: { name: "Net", size: 3, parameters: [{ name: "w", shape: [3] }], leftOut: [] },
  examples: 3,
  examplesInAll: 3,
  outputs: 2,
  loss: { id: "cross-entropy", pytorch: "CrossEntropyLoss()" },
  units: { loss: 1, learningRate: 1, weightDecay: 1 },
  optimizer: {
    kind: "heavy-ball",
    momentum: 0.9,
    learningRate: 0.2,
    weightDecay: 0,
    preconditioned: false,
    steps: null,
    pytorch: { name: "SGD", lr: 0.2, weight_decay: 0 },
  },
  batchSize: 2,
  sampling: "epoch-shuffle",
  precision: "float64",
  assumptions: ["Nothing."],
};

/** The capture of the problem with known answers, with other metadata or arrays. */
export const capture = (
  other: Record<string, unknown> = {},
  arrays: Record<string, NamedArray | undefined> = {},
): Record<string, NamedArray> =>
  Object.fromEntries(
    Object.entries<NamedArray | undefined>({
      gram: { shape: [6, 6], data: gramOf(jacobian) },
      logits: { shape: [3, 2], data: Float64Array.of(0.5, -0.5, 1, 0, -0.2, 0.3) },
      labels: { shape: [3], data: BigInt64Array.of(0n, 1n, 1n) },
      metadata: bytesOf({ ...metadata, ...other }),
      ...arrays,
    }).filter((entry): entry is [string, NamedArray] => entry[1] !== undefined),
  );

/** The same of the square loss of MSELoss over two outputs, half of whose learning rates are those here; C = 2 and s = 1. */
export const huberCapture = (): Record<string, NamedArray> =>
  capture(
    {
      loss: { id: "huber", pytorch: "HuberLoss(delta=4)", delta: 4 },
      units: { loss: 0.5, learningRate: 0.5, weightDecay: 2 },
      optimizer: {
        ...metadata.optimizer,
        kind: "sgd",
        momentum: null,
        learningRate: 0.1,
        weightDecay: 0.02,
        pytorch: { name: "SGD", lr: 0.2, weight_decay: 0.01 },
      },
    },
    { labels: undefined, targets: { shape: [3, 2], data: new Float64Array(6) } },
  );

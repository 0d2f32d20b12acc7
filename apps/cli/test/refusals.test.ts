import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArrays } from "@sgdscope/array-files";
import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repetitions } from "../../../tooling/soak.js";
import { sgdscope } from "./support.js";

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-refusals-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A minimum of n examples with one output, and a number to spoil it with. */
interface Case {
  n: number;
  gram: Float64Array;
  residuals: Float64Array;
  place: number;
}
const cases: fc.Arbitrary<Case> = fc
  .record({ n: fc.integer({ min: 2, max: 6 }), seed: fc.nat(1e6), place: fc.nat(1e6) })
  .map(({ n, seed, place }) => {
    const random = seededRandom(seed);
    const jacobian = Float64Array.from(gaussian(n * (n + 2), random));
    const residuals = Float64Array.from(gaussian(n, random));
    return { n, ...gramSystemFromJacobian(jacobian, residuals, { examples: n, outputs: 1 }), place };
  });

/** What is wrong, the option that must be named, and the files as they are given. */
interface Kind {
  what: string;
  option: `--${string}`;
  files: (whole: Case) => Promise<Record<string, string>>;
  more?: (whole: Case) => string[];
  /** Commands whose options cannot say it. */
  not?: string[];
}

let written = 0;
/** A file `.npy`, `.npz` or `.json` with this array. */
async function file(shape: number[], data: Float64Array, kind: "npy" | "npz" | "json" = "npy"): Promise<string> {
  const path = at(`${written++}.${kind}`);
  if (kind === "json") {
    const rows = Array.from({ length: shape[0]! }, (_, i) => [
      ...data.subarray((i * data.length) / shape[0]!, ((i + 1) * data.length) / shape[0]!),
    ]);
    await writeFile(path, JSON.stringify(shape.length === 1 ? rows.flat() : rows));
  } else await writeArrays(path, { [kind === "npz" ? "a" : String(written - 1)]: { shape, data } });
  return path;
}
const text = async (content: string, extension = "json"): Promise<string> => {
  const path = at(`${written++}.${extension}`);
  await writeFile(path, content);
  return path;
};
const good = async ({ n, gram, residuals }: Case) => ({
  gram: await file([n, n], gram),
  residuals: await file([n], residuals),
});
const spoilt = (data: Float64Array, place: number, value: number): Float64Array =>
  data.map((each, k) => (k === place % data.length ? value : each));

/** A kind for each thing that can be wrong with a file of an option. */
const ofFiles: Kind[] = (["gram", "jacobian", "residuals"] as const).flatMap((name): Kind[] => {
  const instead = (what: string, path: (whole: Case) => Promise<string>): Kind => ({
    what: `${name} ${what}`,
    option: `--${name}`,
    async files(whole) {
      const { gram, residuals } = await good(whole);
      if (name === "residuals") return { gram, residuals: await path(whole) };
      return { [name]: await path(whole), residuals };
    },
  });
  const shape = ({ n }: Case): number[] => (name === "residuals" ? [n] : [n, n]);
  const data = (whole: Case): Float64Array => (name === "residuals" ? whole.residuals : whole.gram);
  return [
    ...[NaN, Infinity].map((value) =>
      instead(`with ${value} in a .npy`, (whole) => file(shape(whole), spoilt(data(whole), whole.place, value))),
    ),
    instead("with NaN in a .npz", async (whole) => file(shape(whole), spoilt(data(whole), whole.place, NaN), "npz")),
    instead("with null in JSON", (whole) => file(shape(whole), spoilt(data(whole), whole.place, NaN), "json")),
    instead("with NaN in JSON", () => text("[[NaN, 1], [1, 2]]")),
    instead("with a text in JSON", () => text('[["a", 1], [1, 2]]')),
    instead("with rows of different lengths", () => text("[[1], [1, 2]]")),
    instead("that does not exist", () => Promise.resolve(at("none.npy"))),
    instead("that is a folder", () => Promise.resolve(folder)),
    instead("that is not what its name says", () => text("hello", "npy")),
    instead("of another kind of file", () => text("hello", "mat")),
    instead("without its key", async (whole) => `${await file(shape(whole), data(whole), "npz")}:b`),
    instead("without numbers", () => file([0], new Float64Array(0))),
    instead("of three axes too many", ({ n }) => file([n, 1, 1, 1, 1], new Float64Array(n))),
  ];
});

const ofContents: Kind[] = [
  {
    what: "a Gram matrix that is not symmetric",
    option: "--gram",
    files: async (whole) => ({
      ...(await good(whole)),
      gram: await file([whole.n, whole.n], spoilt(whole.gram, 1, 2 * Math.max(...whole.gram) + 1)),
    }),
  },
  {
    what: "a Gram matrix with a negative eigenvalue",
    option: "--gram",
    async files(whole) {
      const { n, gram } = whole;
      // All pairs of rows are as those of a Gram matrix; three together are not.
      const size = n + 3;
      const wide = new Float64Array(size * size);
      for (let a = 0; a < n; a++) for (let b = 0; b < n; b++) wide[a * size + b] = gram[a * n + b]!;
      const three = [1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1];
      for (let k = 0; k < 9; k++) wide[(n + Math.floor(k / 3)) * size + n + (k % 3)] = gram[0]! * three[k]!;
      return { gram: await file([size, size], wide), residuals: await file([size], new Float64Array(size).fill(1)) };
    },
  },
  {
    what: "a negative diagonal",
    option: "--gram",
    files: async (whole) => ({
      ...(await good(whole)),
      gram: await file([whole.n, whole.n], spoilt(whole.gram, 0, -1)),
    }),
  },
  ...(["gram", "jacobian"] as const).map((name): Kind => ({
    what: `zeros as ${name}`,
    option: `--${name}`,
    files: async ({ n, residuals }) => ({
      [name]: await file([n, n], new Float64Array(n * n)),
      residuals: await file([n], residuals),
    }),
  })),
  {
    what: "a Gram matrix that is not square",
    option: "--gram",
    files: async (whole) => ({ ...(await good(whole)), gram: await file([whole.n, 1], whole.residuals) }),
  },
  {
    what: "residuals of another length",
    option: "--gram",
    files: async (whole) => ({
      ...(await good(whole)),
      residuals: await file([whole.n + 1], new Float64Array(whole.n + 1)),
    }),
  },
  {
    what: "residuals that look transposed",
    option: "--residuals",
    files: async (whole) => ({ ...(await good(whole)), residuals: await file([1, whole.n], whole.residuals) }),
  },
  {
    what: "residuals whose squares overflow",
    option: "--residuals",
    files: async (whole) => ({
      ...(await good(whole)),
      residuals: await file([whole.n], spoilt(whole.residuals, 0, 1e300)),
    }),
  },
];

const ofOptions: Kind[] = [
  {
    what: "outputs that do not divide",
    option: "--outputs",
    files: good,
    more: ({ n }) => ["--outputs", String(n + 1)],
  },
  {
    what: "a batch that is too large",
    option: "--batch-size",
    files: good,
    more: ({ n }) => ["--batch-size", String(n + 1)],
  },
  { what: "half a batch", option: "--batch-size", files: good, more: () => ["--batch-size", "1.5"] },
  { what: "shuffled epochs", option: "--sampling", files: good, more: () => ["--sampling", "epoch-shuffle"] },
  {
    what: "a learning rate out of range",
    option: "--learning-rate",
    files: good,
    more: () => ["--learning-rate", "1e200"],
    not: ["compare", "diagram"],
  },
  {
    what: "learning rates out of range",
    option: "--learning-rates",
    files: good,
    more: () => ["--learning-rates", "1e-3,1e200,3"],
    not: ["compare", "analyze"],
  },
];

/** A minimum of cross-entropy with two classes and no fault: K of nC rows, logits and labels. */
async function classified({ n, residuals }: Case): Promise<Record<string, string>> {
  const jacobian = Float64Array.from(gaussian(2 * n * (2 * n + 1), seededRandom(n)));
  const { gram } = gramSystemFromJacobian(jacobian, new Float64Array(2 * n), { examples: n, outputs: 2 });
  const logits = Float64Array.from(
    { length: 2 * n },
    (_, k) => (k % 2 === 0 ? 1 : -1) * residuals[k >> 1]! - 3 * (k % 2),
  );
  return {
    gram: await file([2 * n, 2 * n], gram),
    loss: "cross-entropy",
    logits: await file([n, 2], logits),
    labels: await file(
      [n],
      Float64Array.from({ length: n }, (_, i) => i % 2),
    ),
  };
}

const ofLosses: Kind[] = (
  [
    ["logits with NaN", "--logits", ({ n }) => ({ logits: file([n, 2], new Float64Array(2 * n).fill(NaN)) })],
    ["logits that do not exist", "--logits", () => ({ logits: Promise.resolve(at("none.npy")) })],
    ["logits of another length", "--gram", ({ n }) => ({ logits: file([n + 1, 2], new Float64Array(2 * n + 2)) })],
    ["labels beyond the classes", "--labels", ({ n }) => ({ labels: file([n], new Float64Array(n).fill(2)) })],
    [
      "labels that are no numbers of classes",
      "--labels",
      ({ n }) => ({ labels: file([n], new Float64Array(n).fill(0.5)) }),
    ],
    ["labels of another length", "--labels", ({ n }) => ({ labels: file([n + 1], new Float64Array(n + 1)) })],
    ["labels that cannot be read", "--labels", () => ({ labels: text("hello", "npy") })],
    [
      "negative weights",
      "--example-weights",
      ({ n }) => ({ "example-weights": file([n], new Float64Array(n).fill(-1)) }),
    ],
    [
      "weights of another length",
      "--example-weights",
      ({ n }) => ({ "example-weights": file([n + 2], new Float64Array(n + 2).fill(1)) }),
    ],
  ] satisfies [string, Kind["option"], (whole: Case) => Record<string, Promise<string>>][]
).map(([what, option, spoil]) => ({
  what: `cross-entropy: ${what}`,
  option,
  not: ["diagram", "compare"],
  async files(whole) {
    const [[name, path]] = Object.entries(spoil(whole)) as [[string, Promise<string>]];
    return { ...(await classified(whole)), [name]: await path };
  },
}));

/** Names that arguments have in the packages, and no option has. */
const inLibraryWords = /\b(?:batchSizes|learningRates?|oneHot|rankTolerance|set outputs|gramSpectrum|readArrays?)\b/;

it("takes what is spoilt below, whole", async () => {
  const [whole] = fc.sample(cases, { numRuns: 1, seed: 5 }) as [Case];
  for (const files of [await good(whole), await classified(whole)]) {
    const given = Object.entries(files).flatMap(([name, path]) => [`--${name}`, path]);
    const { exitCode, stderr } = await sgdscope("analyze", ...given, "--batch-size", "1");
    expect([exitCode, stderr.replace(/^note: .*\n/gm, "")]).toEqual([0, ""]);
  }
});

describe.each(["analyze", "diagram", "compare"])("what %s refuses names the option", (command) => {
  const kinds = [...ofFiles, ...ofContents, ...ofOptions, ...ofLosses].filter(({ not = [] }) => !not.includes(command));
  it.each(kinds)("$what", async ({ option, files, more }) => {
    await fc.assert(
      fc.asyncProperty(cases, async (whole) => {
        const given = Object.entries(await files(whole)).flatMap(([name, path]) => [`--${name}`, path]);
        const own = command === "diagram" ? ["--out", at("out")] : ["--batch-size", "1"];
        const { exitCode, stdout, stderr } = await sgdscope(command, ...given, ...own, ...(more?.(whole) ?? []));
        const lines = stderr.split("\n").filter((line) => !line.startsWith("note: "));
        expect(lines[0]).toMatch(new RegExp(`^error: (?:${option}: |option '${option} )`));
        expect(lines.join("\n")).not.toMatch(inLibraryWords);
        expect([exitCode, stdout]).toEqual([2, ""]);
      }),
      { numRuns: repetitions(1, 20), seed: 5 },
    );
  });
});

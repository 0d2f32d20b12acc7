import { zipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { mutations, type Mutant } from "../../testing/src/mutants.js";
import { surveyMutants, type MutantSurvey } from "../../testing/src/survey-mutants.js";
import {
  ArrayFilesError,
  formatSafetensors,
  parseNpy,
  parseNpz,
  parseSafetensors,
  type NamedArray,
} from "../src/index.js";
import { parseJsonArrays } from "../src/json.js";
import { fixture } from "./fixtures.js";
import { archiveOf } from "./zip/archive.js";

const COUNT = 10_000;
const refusal = (error: unknown): string | undefined => (error instanceof ArrayFilesError ? error.code : undefined);
const bytesOf = ({ data }: NamedArray): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Every array holds as many elements as its shape says. Plain comparisons: there are 40,000 of them. */
function consistent(arrays: Iterable<NamedArray>): void {
  for (const { shape, data } of arrays) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (size !== data.length) expect.fail(`shape [${shape.join(", ")}] holds ${data.length} elements`);
  }
}

/** A reader that hangs, or allocates what a file merely declares, is what these tests look for: the bounds are a hundredfold. */
function bounded(survey: MutantSurvey): void {
  expect(survey.accepted + survey.refused).toBe(COUNT);
  expect(survey.accepted).toBeGreaterThan(0);
  expect(survey.mostBytes).toBeLessThan(64e6);
}

const figures: string[] = [];
const note = (name: string, { accepted, refused, refusals, median, worst, mostBytes }: MutantSurvey): void =>
  void figures.push(
    `${name}: ${accepted} accepted, ${refused} refused ${JSON.stringify(refusals)}, median ${median.toFixed(3)} ms, ` +
      `worst ${worst.toFixed(1)} ms, ${(mostBytes / 1e6).toFixed(1)} MB`,
  );
afterAll(() => console.info(figures.join("\n")));

async function survey<T>(
  name: string,
  mutants: Iterable<Mutant>,
  read: (bytes: Uint8Array) => T,
  accept: (result: T, mutant: Mutant) => void,
): Promise<void> {
  const result = await surveyMutants(mutants, read, { refusal, accept });
  note(name, result);
  bounded(result);
}

function* several(files: readonly Uint8Array[], seed: number): Generator<Mutant> {
  for (const [i, bytes] of files.entries()) yield* mutations(bytes, { seed: seed + i, count: COUNT / files.length });
}

describe("ten thousand mutants are read right or refused", () => {
  it("by parseNpy", async () => {
    const files = ["float32", "int16-big-endian-fortran", "version3", "bool"].map((name) => fixture(`${name}.npy`));
    await survey("npy", several(files, 1), parseNpy, (array, { bytes }) => {
      consistent([array]);
      const size = bytesOf(array).length;
      const header = latin1(bytes.subarray(0, bytes.length - size));
      // What is neither reordered nor widened holds the bytes of the file's end.
      if (/>|True|b1|f2/.test(header)) return;
      if (!bytesOf(array).equals(bytes.subarray(bytes.length - size))) expect.fail("other data than in the file");
    });
  });

  it("by parseNpz, whose checksums let nothing but names change", async () => {
    const content = fixture("scalar.npy");
    const wide = archiveOf(
      [
        { name: "a.npy", content },
        { name: "b.npy", content, method: 0 },
      ],
      { wide: true },
    );
    const files = [...["stored.npz", "deflated.npz"].map(fixture), wide, wide];
    const original = new Set(
      files.flatMap((bytes) => Object.values(parseNpz(bytes)).map((array) => latin1(bytesOf(array)))),
    );
    await survey("npz", several(files, 10), parseNpz, (arrays) => {
      consistent(Object.values(arrays));
      for (const array of Object.values(arrays))
        if (!original.has(latin1(bytesOf(array)))) expect.fail("an array that is not in the original");
    });
  });

  it("by parseNpz, where the damage lies under right checksums", async () => {
    const mutants = function* (): Generator<Mutant> {
      for (const mutant of several([fixture("float32.npy")], 20))
        yield {
          ...mutant,
          bytes: zipSync({ "a.npy": mutant.bytes, "b.npy": fixture("bool.npy") }, { mtime: new Date(1980, 0, 1) }),
        };
    };
    await survey("npz of damaged npy", mutants(), parseNpz, (arrays) => {
      consistent(Object.values(arrays));
      expect(Object.keys(arrays)).toEqual(["a", "b"]);
    });
  });

  it("by parseSafetensors", async () => {
    const own = formatSafetensors(
      { w: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, n: { shape: [], data: BigInt64Array.of(7n) } },
      { step: "1" },
    );
    await survey("safetensors", several([fixture("python.safetensors"), own], 30), parseSafetensors, (file, mutant) => {
      const { bytes } = mutant;
      const start = 8 + Number(Buffer.from(bytes).readBigUInt64LE(0));
      type Entry = { dtype: string; data_offsets: [number, number] };
      const header = JSON.parse(Buffer.from(bytes.subarray(8, start)).toString()) as Record<string, Entry>;
      consistent(Object.values(file.arrays));
      for (const [name, array] of Object.entries(file.arrays)) {
        const { dtype, data_offsets } = header[name]!;
        if (/^(F16|BF16|BOOL)$/.test(dtype)) continue;
        const inFile = bytes.subarray(start + data_offsets[0], start + data_offsets[1]);
        if (!bytesOf(array).equals(inFile)) expect.fail(`other data than in the file for ${name}`);
      }
    });
  });

  it("by parseJsonArrays", async () => {
    const texts = ["[[1, 2.5, -3e2], [4, 5, 6]]", '{"a": [1, 2], "b": [[0.5], [1]], "c": 7}'];
    const files = texts.map((text) => new TextEncoder().encode(text));
    const read = (bytes: Uint8Array): Record<string, NamedArray> => parseJsonArrays(bytes, "x");
    await survey("json", several(files, 40), read, (arrays, { bytes }) => {
      consistent(Object.values(arrays));
      const value = JSON.parse(Buffer.from(bytes).toString()) as unknown;
      const named =
        typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : { x: value };
      for (const [name, nested] of Object.entries(named))
        expect(Array.from(arrays[name]!.data as Float64Array)).toEqual([nested].flat(Infinity));
    });
  });
});

describe("mutants that differ only where nothing is read", () => {
  it("are read as the original", () => {
    const npy = fixture("float32.npy");
    for (const mutant of mutations(npy, { seed: 50, count: 300, within: [7, 8] })) {
      if (mutant.bytes.length !== npy.length || !latin1(mutant.bytes).endsWith(latin1(npy.subarray(8)))) continue;
      expect(parseNpy(mutant.bytes)).toStrictEqual(parseNpy(npy));
    }
    const npz = fixture("stored.npz");
    // Versions, times and checksums of the first local header: the directory's are used.
    for (let at = 4; at < 26; at++)
      expect(parseNpz(npz.map((byte, i) => (i === at ? byte ^ 0xff : byte)))).toStrictEqual(parseNpz(npz));
  });
});

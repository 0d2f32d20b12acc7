import { afterAll, describe, expect, it } from "vitest";
import { mutations, type Mutant } from "../../testing/src/mutants.js";
import { surveyMutants, type SurveyOptions } from "../../testing/src/survey-mutants.js";
import { CifarError, parseCifar10, parseCifar100Python, parseCifar10Python, type Records } from "../src/index.js";
import { readTar } from "../src/archive/tar.js";
import { checkSumOf, tar, text } from "./archive/tarball.js";
import { fixture, makeRecords } from "./helpers.js";

const COUNT = 10_000;
const refusal = (error: unknown): string | undefined => (error instanceof CifarError ? error.code : undefined);
const figures: string[] = [];
afterAll(() => console.info(figures.join("\n")));

/** A reader that hangs, or allocates what a file merely declares, is what these tests look for: the bounds are a hundredfold. */
async function survey<T>(
  name: string,
  mutants: Iterable<Mutant>,
  read: (bytes: Uint8Array) => T | Promise<T>,
  accept: SurveyOptions<T>["accept"],
): Promise<void> {
  const { accepted, refused, refusals, median, worst, mostBytes } = await surveyMutants(mutants, read, {
    refusal,
    accept,
  });
  figures.push(
    `${name}: ${accepted} accepted, ${refused} refused ${JSON.stringify(refusals)}, median ${median.toFixed(3)} ms, ` +
      `worst ${worst.toFixed(1)} ms, ${(mostBytes / 1e6).toFixed(1)} MB`,
  );
  expect(accepted + refused).toBe(COUNT);
  expect(accepted).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
  expect(mostBytes).toBeLessThan(64e6);
}

/** Plain comparisons: there are thousands of them. */
function consistent({ count, pixels, labels }: Records, classes: number): void {
  if (pixels.length !== count * 3072 || labels.length !== count) expect.fail("sizes that do not fit");
  if (!labels.every((label) => label < classes)) expect.fail("a label that is no class");
}

/** What a record holds: its label and its three planes. */
function planesOf({ pixels, labels }: Records, i: number): Buffer {
  const record = Buffer.alloc(3073);
  record[0] = labels[i]!;
  for (let c = 0; c < 3; c++) for (let p = 0; p < 1024; p++) record[1 + 1024 * c + p] = pixels[(i * 1024 + p) * 3 + c]!;
  return record;
}

describe("ten thousand mutants are read right or refused", () => {
  it("by parseCifar10, as the bytes say", async () => {
    const mutants = mutations(makeRecords([[1], [9]]), { seed: 1, count: COUNT });
    await survey("CIFAR binary", mutants, parseCifar10, (records, { bytes }) => {
      consistent(records, 10);
      for (let i = 0; i < records.count; i++)
        if (!planesOf(records, i).equals(bytes.subarray(i * 3073, (i + 1) * 3073))) expect.fail(`another record ${i}`);
    });
  });

  it("by parseCifar10Python and parseCifar100Python, damaged anywhere but in the middle of the pixels", async () => {
    const mutants = function* (): Generator<Mutant> {
      for (const [i, name] of ["cifar10-python2", "cifar10-python3"].entries()) {
        const bytes = fixture(`${name}.pickle`);
        yield* mutations(bytes, { seed: 10 + i, count: COUNT / 4, within: [0, 330] });
        yield* mutations(bytes, { seed: 20 + i, count: COUNT / 4, within: [bytes.length - 150, bytes.length] });
      }
    };
    const original = parseCifar10Python(fixture("cifar10-python2.pickle"));
    let same = 0;
    await survey("CIFAR pickle", mutants(), parseCifar10Python, (records, { from }) => {
      consistent(records, 10);
      // Behind the pixels, in files of 6,454 and 9,706 bytes, there are only names, which are not read.
      if (from < 6364 || (from > 6454 && from < 9616)) return;
      same++;
      if (!planesOf(records, 0).equals(planesOf(original, 0)) || !planesOf(records, 1).equals(planesOf(original, 1)))
        expect.fail("other records than in the original");
    });
    expect(same).toBeGreaterThan(500);
    const hundred = mutations(fixture("cifar100-python2.pickle"), { seed: 30, count: COUNT, within: [0, 460] });
    await survey("CIFAR-100 pickle", hundred, parseCifar100Python, (records) => consistent(records, 100));
  });

  it("by readTar, with and without right checksums", async () => {
    const long = `folder/${"x".repeat(120)}`;
    const entries = [
      { path: "folder/", type: "5" },
      { path: "folder/a.txt", body: text("alpha") },
      { path: "././@LongLink", type: "L", body: text(`${long}\0`) },
      { path: "cut", body: text("b".repeat(600)) },
      { path: "pax", type: "x", body: text("18 path=folder/c\n\n") },
      { path: "c", prefix: "folder", body: text("c") },
    ];
    const archive = new Uint8Array(tar(entries));
    const headers = entries.reduce<number[]>(
      (all, { body }) => [...all, all.at(-1)! + 512 + Math.ceil((body?.length ?? 0) / 512) * 512],
      [0],
    );
    const mutants = function* (): Generator<Mutant> {
      yield* mutations(archive, { seed: 40, count: COUNT / 2 });
      for (const mutant of mutations(archive, { seed: 41, count: COUNT / 2 })) {
        for (const at of headers.slice(0, -1)) if (at + 512 <= mutant.bytes.length) checkSumOf(mutant.bytes, at);
        yield mutant;
      }
    };
    const read = async (bytes: Uint8Array): Promise<{ path: string; size: number; body: Buffer }[]> => {
      const found: { path: string; size: number; body: Buffer }[] = [];
      for await (const { path, size, body } of readTar(inChunks(bytes, 700))) {
        const parts: Uint8Array[] = [];
        for await (const part of body) parts.push(part.slice());
        found.push({ path, size, body: Buffer.concat(parts) });
      }
      return found;
    };
    await survey("tar", mutants(), read, (found, { bytes }) => {
      for (const { path, size, body } of found) {
        if (size !== body.length) expect.fail(`${body.length} bytes of ${size} in ${path}`);
        if (path.startsWith("/") || /(^|\/)\.\.?(\/|$)|[\\:\0]/.test(path)) expect.fail(`the path ${path}`);
        if (!Buffer.from(bytes).includes(body)) expect.fail(`bytes that are not in the archive in ${path}`);
      }
    });
  });
});

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { loadCifar10, loadCifar100 } from "../src/index.js";
import { tar, text, type Entry } from "./archive/tarball.js";
import { fixture, makeRecords, pixel, temporaryFolder } from "./helpers.js";

const batch = fixture("cifar10-python2.pickle");
const allowPrefix = true;

/** A folder of these files, made with their own folders. */
async function folderOf(files: Record<string, Uint8Array>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  return folder;
}

describe("loadCifar10 from the Python version", () => {
  it("takes its folder, or the one that holds it as torchvision's root does", async () => {
    const root = await folderOf({
      "cifar-10-batches-py/data_batch_1": batch,
      "cifar-10-batches-py/data_batch_3": fixture("cifar10-python3.pickle"),
    });
    for (const directory of [root, join(root, "cifar-10-batches-py")]) {
      const data = await loadCifar10({ directory, allowPrefix });
      expect(data.labels).toStrictEqual(Uint8Array.of(6, 9, 6, 9));
      expect(data.inputs[3072 + 4]).toBe(Math.fround(pixel(1, 0, 1, 1) / 255));
      expect(data.provenance).toMatchObject({
        complete: false,
        files: [
          { file: join(root, "cifar-10-batches-py", "data_batch_1"), records: 2, bytes: batch.length },
          { records: 2 },
        ],
      });
    }
  });

  it.each(["cifar-10-batches-py", "cifar-10-batches-py-target/cifar-10-batches-py"])(
    "takes Keras' folder of data sets, with %s",
    async (folder) => {
      const directory = await folderOf({ [`${folder}/test_batch`]: batch });
      expect((await loadCifar10({ directory, split: "test", allowPrefix })).size).toBe(2);
    },
  );

  it("gives what the binary files give", async () => {
    const python = await folderOf({ data_batch_1: batch });
    const binary = await folderOf({ "data_batch_1.bin": makeRecords([[6], [9]]) });
    const [a, b] = [await loadCifar10({ directory: python, allowPrefix }), await loadCifar10({ directory: binary, allowPrefix })]; // prettier-ignore
    expect(a.inputs).toStrictEqual(b.inputs);
    expect(a.targets).toStrictEqual(b.targets);
  });

  it("prefers binary files where both are", async () => {
    const directory = await folderOf({ data_batch_1: batch, "data_batch_1.bin": makeRecords([[3]]) });
    expect((await loadCifar10({ directory, allowPrefix })).labels).toStrictEqual(Uint8Array.of(3));
  });

  it("refuses prefixes unless told to allow them, by size and by count", async () => {
    const directory = await folderOf(Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}`, batch])));
    const load = () => loadCifar10({ directory });
    await expect(load()).rejects.toThrow(
      `data_batch_1 of 30720000 to 71680000 bytes, got ${batch.length}; allowPrefix`,
    );
    // Large enough, but with two records: a file name takes the room.
    const padded = Buffer.from(batch).toString("latin1").split("U\x13camion_s_000148.png");
    const name = Buffer.alloc(5, "T");
    name.writeInt32LE(31e6, 1);
    const large = Buffer.concat([Buffer.from(padded[0]!, "latin1"), name, Buffer.alloc(31e6), Buffer.from(padded[1]!, "latin1")]); // prettier-ignore
    for (const i of [1, 2, 3, 4, 5]) await writeFile(join(directory, `data_batch_${i}`), large);
    await expect(load()).rejects.toThrow("data_batch_1 with 10000 records, got 2; allowPrefix accepts fewer");
    await truncate(join(directory, "data_batch_5"), 8e7);
    await expect(loadCifar10({ directory, allowPrefix })).rejects.toThrow("got 80000000; allowPrefix accepts fewer");
  });

  it("refuses pickles of other things, with the file", async () => {
    const directory = await folderOf({ test_batch: fixture("malicious.pickle") });
    await expect(loadCifar10({ directory, split: "test", allowPrefix })).rejects.toMatchObject({
      code: "BAD_PICKLE",
      message: `loadCifar10: expected ${join(directory, "test_batch")} with the globals of numpy arrays only, got the global posix system at byte 54`,
    });
  });
});

describe("loadCifar10 from an archive", () => {
  const archive = async (entries: Entry[], name = "cifar-10-python.tar.gz"): Promise<string> => {
    const folder = await folderOf({ [name]: gzipSync(tar(entries)) });
    return join(folder, name);
  };
  const python = (i: number): Entry => ({ path: `cifar-10-batches-py/data_batch_${i}`, body: batch });

  it("reads both forms, in the order of the files, not of the archive", async () => {
    const binary = (i: number, label: number): Entry => ({
      path: `cifar-10-batches-bin/data_batch_${i}.bin`,
      body: makeRecords([[label]]),
    });
    const directory = await archive(
      [{ path: "cifar-10-batches-bin/", type: "5" }, binary(5, 5), { path: "cifar-10-batches-bin/readme.html", body: text("hi") }, binary(2, 2)],
      "any name.tgz",
    ); // prettier-ignore
    const data = await loadCifar10({ directory, allowPrefix });
    expect(data.labels).toStrictEqual(Uint8Array.of(2, 5));
    expect(data.provenance.files[0]!.file).toBe(`${directory}:cifar-10-batches-bin/data_batch_2.bin`);
    const pickled = await archive([python(4), python(1)]);
    expect((await loadCifar10({ directory: pickled, allowPrefix })).labels).toStrictEqual(Uint8Array.of(6, 9, 6, 9));
    // The folder that holds the archive serves too.
    expect((await loadCifar10({ directory: join(pickled, ".."), allowPrefix })).size).toBe(4);
  });

  it("reads a complete one", async () => {
    const full = (label: number): Uint8Array => {
      const bytes = new Uint8Array(30_730_000);
      bytes[0] = label;
      return bytes;
    };
    const entries = [1, 2, 3, 4, 5].map((i) => ({ path: `cifar-10-batches-bin/data_batch_${i}.bin`, body: full(i) }));
    const folder = await folderOf({ "a.tar.gz": gzipSync(tar(entries), { level: 1 }) });
    const data = await loadCifar10({ directory: join(folder, "a.tar.gz"), classes: [4, 1], perClass: 1 });
    expect(data.labels).toStrictEqual(Uint8Array.of(1, 0));
    expect(data.provenance.complete).toBe(true);
  });

  it.each<[string, Entry[], string, string]>([
    ["a file twice", [python(1), python(1)], "BAD_ARCHIVE", "expected each file once in"],
    ["no file of the data set", [{ path: "readme" }], "NOT_FOUND", "to hold the files of CIFAR-10, got none of them"],
    [
      "only files of the other set",
      [{ path: "x/test_batch", body: batch }],
      "NOT_FOUND",
      "data_batch_1 of 10000 records",
    ],
    [
      "a path that climbs",
      [{ path: "../data_batch_1", body: batch }],
      "BAD_ARCHIVE",
      "a path inside the archive's folder",
    ],
    ["a link", [{ path: "x/data_batch_1", type: "2" }], "BAD_ARCHIVE", "expected files and folders"],
  ])("refuses %s", async (_, entries, code, message) => {
    const directory = await archive(entries);
    await expect(loadCifar10({ directory, allowPrefix })).rejects.toMatchObject({ code });
    await expect(loadCifar10({ directory, allowPrefix })).rejects.toThrow(message);
  });

  it("refuses a file that declares more than it can have, and reads none of it", async () => {
    const header = tar([{ path: "x/data_batch_1", size: "77777777777\0" }]).subarray(0, 512);
    const folder = await folderOf({ "a.tar.gz": gzipSync(header) });
    await expect(loadCifar10({ directory: join(folder, "a.tar.gz"), allowPrefix })).rejects.toMatchObject({
      code: "BAD_ARCHIVE",
    });
  });

  it("refuses more than 1 GiB, and what is no archive", async () => {
    const zeros = gzipSync(Buffer.alloc(2 ** 26), { level: 9 });
    // Members of a gzip file follow each other; 17 of 64 MiB pass the limit.
    const large = Buffer.concat([gzipSync(tar([{ path: "x", size: "17777777777\0" }]).subarray(0, 512)), ...Array<Buffer>(17).fill(zeros)]); // prettier-ignore
    const folder = await folderOf({ "bomb.tar.gz": large, "text.tar.gz": text("no archive, only words") });
    await expect(loadCifar10({ directory: join(folder, "bomb.tar.gz") })).rejects.toThrow("to unfold to at most 1 GiB");
    await expect(loadCifar10({ directory: join(folder, "text.tar.gz") })).rejects.toMatchObject({
      code: "BAD_ARCHIVE",
      message: expect.stringContaining("text.tar.gz to be gzip, got: incorrect header check") as string,
    });
  });
});

describe("loadCifar100 from the Python version", () => {
  it("loads fine or coarse labels, from a folder and from an archive", async () => {
    const train = fixture("cifar100-python2.pickle");
    const root = await folderOf({
      "cifar-100-python/train": train,
      "b/cifar-100-python.tar.gz": gzipSync(tar([{ path: "cifar-100-python/train", body: train }])),
    });
    for (const directory of [root, join(root, "b")]) {
      const fine = await loadCifar100({ directory, allowPrefix });
      expect(fine.classes[fine.labels[0]!]).toBe("cattle");
      expect(fine.labels).toStrictEqual(Uint8Array.of(19, 29));
      const coarse = await loadCifar100({ directory, allowPrefix, labels: "coarse" });
      expect(coarse.labels).toStrictEqual(Uint8Array.of(11, 15));
    }
  });
});

import { createHash } from "node:crypto";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadCifar10, loadCifar100 } from "../src/index.js";
import { makeRecords, pixel, temporaryFolder, withEnvironment } from "./helpers.js";

const FULL = 30_730_000;

/** A folder with these files; the rest of a full-size one is zeros (class 0), which costs no disk. */
async function folderOf(files: Record<string, { bytes: Uint8Array; size?: number }>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, { bytes, size }] of Object.entries(files)) {
    await writeFile(join(folder, name), bytes);
    if (size !== undefined) await truncate(join(folder, name), size);
  }
  return folder;
}

const labels = [6, 9, 9, 4, 1, 1, 0, 9].map((label) => [label]);
const prefix = () => folderOf({ "data_batch_1.bin": { bytes: makeRecords(labels) } });

describe("loadCifar10 on complete files", () => {
  const complete = () =>
    folderOf(
      Object.fromEntries(
        [1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, { bytes: makeRecords([[i + 4]]), size: FULL }]),
      ),
    );

  it("reads file after file until it has what is asked for", async () => {
    const data = await loadCifar10({ directory: await complete(), classes: [5, 7], count: 2 });
    expect(data.labels).toStrictEqual(Uint8Array.of(0, 1));
    expect(data.provenance.files.map(({ records }) => records)).toEqual([10_000, 10_000, 10_000]);
    expect(data.provenance.complete).toBe(true);
    expect(data.provenance.what).toBe("CIFAR-10 train: the first 2 of dog, horse, in file order");
  });

  it("takes each class's first records", async () => {
    const data = await loadCifar10({ directory: await complete(), classes: ["airplane", "dog"], perClass: 1 });
    expect(data.labels).toStrictEqual(Uint8Array.of(1, 0));
  });

  it("refuses a file that is short, long or missing, with file and sizes", async () => {
    const directory = await complete();
    const third = join(directory, "data_batch_3.bin");
    const load = () => loadCifar10({ directory, count: 1 });
    await truncate(third, FULL - 1);
    await expect(load()).rejects.toMatchObject({ code: "WRONG_SIZE" });
    await expect(load()).rejects.toThrow(`loadCifar10: expected ${third} of 30730000 bytes, got 30729999`);
    await truncate(third, FULL + 3073);
    await expect(load()).rejects.toMatchObject({ code: "WRONG_SIZE" });
    await expect(loadCifar10({ directory, count: 1, allowPrefix: true })).rejects.toMatchObject({ code: "WRONG_SIZE" });
    await expect(loadCifar10({ directory, split: "test" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("loadCifar10 on a prefix", () => {
  it("refuses it unless told to allow it", async () => {
    const directory = await prefix();
    await expect(loadCifar10({ directory })).rejects.toThrow("got 24584; allowPrefix accepts fewer, in whole records");
    const data = await loadCifar10({ directory, allowPrefix: true });
    expect(data.size).toBe(8);
    expect(data.provenance).toMatchObject({ complete: false, files: [{ records: 8, bytes: 24584 }] });
  });

  it("says what was read, by checksum", async () => {
    const { provenance } = await loadCifar10({ directory: await prefix(), allowPrefix: true });
    expect(provenance.files[0]!.sha256).toBe(createHash("sha256").update(makeRecords(labels)).digest("hex"));
  });

  it("takes any of the files, each as short as it is, in their order", async () => {
    const of = (...own: number[]) => ({ bytes: makeRecords(own.map((label) => [label])) });
    const directory = await folderOf({
      "data_batch_4.bin": of(4, 0),
      "data_batch_2.bin": of(2),
      "data_batch_3.bin": { ...of(3), size: FULL },
    });
    const data = await loadCifar10({ directory, allowPrefix: true, classes: [0, 2, 3, 4], perClass: 1 });
    expect(data.labels).toStrictEqual(Uint8Array.of(1, 2, 0, 3));
    expect(data.provenance.complete).toBe(false);
    expect(data.provenance.files.map(({ file, records }) => [basename(file), records])).toEqual([
      ["data_batch_2.bin", 1],
      ["data_batch_3.bin", 10_000],
      ["data_batch_4.bin", 2],
    ]);
    await expect(loadCifar10({ directory })).rejects.toThrow(
      "data_batch_1.bin of 10000 records, got no such file; allowPrefix accepts any of the files",
    );
  });

  it("refuses broken records, empty files, and none at all", async () => {
    const broken = await folderOf({ "data_batch_1.bin": { bytes: makeRecords(labels).subarray(0, -1) } });
    await expect(loadCifar10({ directory: broken, allowPrefix: true })).rejects.toMatchObject({ code: "WRONG_SIZE" });
    const empty = await folderOf({ "data_batch_2.bin": { bytes: new Uint8Array(0) } });
    await expect(loadCifar10({ directory: empty, allowPrefix: true })).rejects.toMatchObject({ code: "WRONG_SIZE" });
    await expect(loadCifar10({ directory: broken, split: "test", allowPrefix: true })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("selects in file order, by name or label, and orders classes as asked", async () => {
    const directory = await prefix();
    const data = await loadCifar10({ directory, allowPrefix: true, classes: ["truck", 1], count: 4 });
    expect(data.classes).toEqual(["truck", "automobile"]);
    expect(data.labels).toStrictEqual(Uint8Array.of(0, 0, 1, 1));
    expect(data.targets).toStrictEqual(Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1));
    // The second truck is record 2 of the file.
    expect(data.inputs[3072 + 4]).toBe(Math.fround(pixel(2, 0, 1, 1) / 255));
  });

  it("passes over as many records of the classes as offset says, of all or of each", async () => {
    const directory = await prefix();
    const load = (options: object) => loadCifar10({ directory, allowPrefix: true, classes: ["truck", 1], ...options });
    const all = await load({});
    const next = await load({ count: 3, offset: 2 });
    expect(next.labels).toStrictEqual(all.labels.slice(2, 5));
    expect(next.inputs).toStrictEqual(all.inputs.slice(2 * 3072, 5 * 3072));
    expect(next.provenance.what).toContain("the next 3 after 2 of truck, automobile");
    // The second automobile is record 5, the second truck record 2.
    const each = await load({ perClass: 1, offset: 1 });
    expect(each.labels).toStrictEqual(Uint8Array.of(0, 1));
    expect(each.inputs[4]).toBe(Math.fround(pixel(2, 0, 1, 1) / 255));
    await expect(load({ count: 4, offset: 2 })).rejects.toThrow(
      "expected 4 records of these classes after the first 2",
    );
    await expect(load({ count: 1, offset: -1 })).rejects.toThrow(
      "expected offset to be 0 or a positive integer, got -1",
    );
  });

  it("says how many records there are when there are too few", async () =>
    expect(
      loadCifar10({ directory: await prefix(), allowPrefix: true, classes: ["automobile", "truck"], perClass: 3 }),
    ).rejects.toThrow("expected 3 records of each class of these classes, got 2 automobile, 3 truck"));

  it("refuses impossible requests", async () => {
    const directory = await prefix();
    const load = (options: object) => loadCifar10({ directory, allowPrefix: true, ...options });
    await expect(load({ count: 0 })).rejects.toThrow("expected count to be a positive integer, got 0");
    await expect(load({ count: 1, perClass: 1 })).rejects.toThrow("expected count or perClass, got both");
    await expect(load({ classes: ["plane"] })).rejects.toThrow("expected classes among airplane, automobile,");
    await expect(load({ classes: [10] })).rejects.toThrow("or 0 to 9, got 10");
    await expect(load({ classes: [1, "automobile"] })).rejects.toThrow("one or more different ones");
    await expect(load({ targets: "plus-minus-one" })).rejects.toThrow(
      'expected two classes for targets "plus-minus-one"',
    );
    await expect(load({ targets: "hot" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("names the record with an impossible label", async () => {
    const directory = await folderOf({ "test_batch.bin": { bytes: makeRecords([[1], [200]]) } });
    await expect(loadCifar10({ directory, split: "test", allowPrefix: true })).rejects.toThrow(
      `expected ${join(directory, "test_batch.bin")} with a label below 10 in record 1, got 200`,
    );
  });
});

describe("where loadCifar10 looks", () => {
  it("takes the folder of the archive inside the given one", async () => {
    const parent = await temporaryFolder();
    await mkdir(join(parent, "cifar-10-batches-bin"));
    await writeFile(join(parent, "cifar-10-batches-bin", "test_batch.bin"), makeRecords([[3]]));
    expect((await loadCifar10({ directory: parent, split: "test", allowPrefix: true })).size).toBe(1);
  });

  it("takes the folder that the environment names", async () => {
    withEnvironment({ SGDSCOPE_CIFAR10_DIR: await prefix() });
    expect((await loadCifar10({ allowPrefix: true })).size).toBe(8);
  });

  it("says where it looked and how to get the data", async () => {
    const empty = await temporaryFolder();
    withEnvironment({ SGDSCOPE_CIFAR10_DIR: undefined, SGDSCOPE_CACHE_DIR: empty });
    await expect(loadCifar10()).rejects.toMatchObject({
      code: "NOT_FOUND",
      message:
        'loadCifar10: expected CIFAR-10 in SGDSCOPE_CIFAR10_DIR or in the cache folder, got none there; download({ dataset: "cifar-10" }) fetches it',
    });
    await expect(loadCifar10({ directory: empty })).rejects.toThrow(
      "expected directory to be a folder or archive of CIFAR-10, such as cifar-10-batches-bin, cifar-10-binary.tar.gz, " +
        `cifar-10-batches-py or cifar-10-python.tar.gz, got ${empty}`,
    );
  });
});

describe("loadCifar100", () => {
  const records = makeRecords([[4, 0], [1, 1], [4, 51], [14, 2]]); // prettier-ignore

  it("loads fine or coarse labels", async () => {
    const directory = await folderOf({ "train.bin": { bytes: records } });
    const fine = await loadCifar100({
      directory,
      allowPrefix: true,
      classes: ["aquarium_fish", "baby"],
      targets: "scalar",
    });
    expect(fine.labels).toStrictEqual(Uint8Array.of(0, 1));
    expect(fine.targets).toStrictEqual(Float32Array.of(0, 1));
    expect(fine.inputs[0]).toBe(Math.fround(pixel(1, 0, 0, 0) / 255));
    const coarse = await loadCifar100({
      directory,
      allowPrefix: true,
      labels: "coarse",
      classes: ["fruit_and_vegetables"],
    });
    expect(coarse.size).toBe(2);
    expect(coarse.provenance.what).toBe("CIFAR-100 train: all records of fruit_and_vegetables, in file order");
  });
});

import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { download, loadCifar10, type CifarError, type DownloadOptions } from "../../src/index.js";
import { temporaryFolder, withEnvironment } from "../helpers.js";
import { downloadSource } from "../../src/download/download.js";
import { sources, type DataFile, type Source } from "../../src/sources.js";
import { serve, type Behaviour } from "./server.js";
import { md5, officialLookalike, tar, text, type Entry } from "../archive/tarball.js";

// The whole mechanism on a small archive: files of 300 records instead of 10,000.
const archive = officialLookalike(300);
const small = (files: DataFile[]): DataFile[] => files.map(({ file }) => ({ file, records: 300 }));
const official = sources["cifar-10"];
const source: Source = {
  ...official,
  train: small(official.train),
  test: small(official.test),
  bytes: archive.length,
  md5: md5(archive),
};

async function setUp(behaviours: readonly Behaviour[] = [{}], file: Uint8Array = archive) {
  const { url, ranges } = await serve(file, behaviours);
  const directory = await temporaryFolder();
  const fetch = (options: DownloadOptions = {}) =>
    downloadSource(source, { directory, url, stallTimeout: 2000, retries: 1, retryDelay: 1, ...options });
  return { url, ranges, directory, fetch };
}

describe("download", () => {
  it("of a full archive puts a loadable folder in place, reports its phases, and is quick the second time", async () => {
    const full = officialLookalike(10_000);
    const { url, ranges, directory } = await setUp([{}], full);
    const phases: string[] = [];
    withEnvironment({ SGDSCOPE_CACHE_DIR: directory, SGDSCOPE_CIFAR10_DIR: undefined });
    const options: DownloadOptions = { url, md5: md5(full).toUpperCase() };
    options.onProgress = ({ phase, bytes, total }) => {
      if (phases.at(-1) !== phase) phases.push(phase);
      if (total !== undefined && bytes > total) throw new Error(`${bytes} of ${total} bytes`);
    };
    expect(await download(options)).toEqual({ directory: join(directory, "cifar-10-batches-bin"), cached: false });
    expect(phases).toEqual(["fetch", "verify", "extract"]);
    expect(await readdir(directory)).toEqual(["cifar-10-batches-bin"]);
    const data = await loadCifar10({ classes: [1, 2, 3], count: 3 });
    expect(data.labels).toStrictEqual(Uint8Array.of(0, 1, 2));
    expect(data.provenance.complete).toBe(true);
    expect((await download(options)).cached).toBe(true);
    expect(ranges.length).toBe(1);
  });

  it("holds a mirror to the official size", async () => {
    const { url, directory } = await setUp();
    await expect(download({ directory, url })).rejects.toMatchObject({
      code: "WRONG_SIZE",
      message: `download: expected 170052171 bytes from ${url}, got ${archive.length}`,
    });
    await expect(download({ directory, url, dataset: "cifar-100" })).rejects.toThrow("expected 168513733 bytes");
    await expect(download({ dataset: "mnist" as never })).rejects.toThrow("cifar-10 or cifar-100, got mnist");
  });

  it("is safe when called twice at a time: one fetches, the other finds", async () => {
    const { fetch, ranges, directory } = await setUp();
    const results = await Promise.all([fetch(), fetch()]);
    expect(results.map(({ cached }) => cached).sort()).toEqual([false, true]);
    expect(ranges.length).toBe(1);
    expect(await readdir(directory)).toEqual(["cifar-10-batches-bin"]);
  });

  it("resumes a part that an interrupted download left, and clears what a killed one left", async () => {
    const { fetch, ranges, directory } = await setUp();
    const half = archive.length >> 1;
    await writeFile(join(directory, "cifar-10-batches-bin.tar.gz.part"), archive.subarray(0, half));
    await mkdir(join(directory, "cifar-10-batches-bin.tmp-killed"));
    await mkdir(join(directory, "cifar-10-batches-bin"));
    await writeFile(join(directory, "cifar-10-batches-bin", "data_batch_1.bin"), "incomplete");
    await fetch();
    expect(ranges).toEqual([`bytes=${half}-`]);
    expect(await readdir(directory)).toEqual(["cifar-10-batches-bin"]);
  });

  it("starts again where the part was of another file", async () => {
    const { fetch, ranges, directory } = await setUp();
    await writeFile(join(directory, "cifar-10-batches-bin.tar.gz.part"), new Uint8Array(1000));
    expect((await fetch()).cached).toBe(false);
    expect(ranges).toEqual(["bytes=1000-", undefined]);
  });

  it("refuses a corrupted archive with both sums, and leaves nothing", async () => {
    const corrupt = Uint8Array.from(archive);
    corrupt[1000]! ^= 1;
    const { fetch, directory, url } = await setUp([{ instead: corrupt }]);
    await expect(fetch()).rejects.toMatchObject({
      code: "WRONG_SUM",
      message: `download: expected MD5 ${source.md5} from ${url}, got ${md5(corrupt)}`,
    });
    expect(await readdir(directory)).toEqual([]);
  });

  it("keeps the part of a connection that broke for the next call", async () => {
    const { fetch, directory, ranges } = await setUp([{ breakAfter: 1000 }, { status: 500 }, { status: 500 }, {}]);
    await expect(fetch()).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(await readdir(directory)).toEqual(["cifar-10-batches-bin.tar.gz.part"]);
    await fetch();
    expect(ranges.at(-1)).toBe("bytes=1000-");
  });

  it("stops when told to while unpacking, and unpacks without fetching the next time", async () => {
    const { fetch, directory, ranges } = await setUp();
    const controller = new AbortController();
    const onProgress: DownloadOptions["onProgress"] = ({ phase }) => {
      if (phase === "extract") controller.abort();
    };
    await expect(fetch({ signal: controller.signal, onProgress })).rejects.toMatchObject({ code: "ABORTED" });
    expect(await readdir(directory)).toEqual(["cifar-10-batches-bin.tar.gz.part"]);
    await fetch();
    expect(ranges).toEqual([undefined]);
  });
});

describe("download that is refused or fails", () => {
  it("takes away the folders that it made, unless a part is in them", async () => {
    const { url, directory, fetch } = await setUp([
      { instead: text("please log in") },
      { breakAfter: 1000 },
      { status: 500 },
    ]);
    const deep = join(directory, "a", "b");
    await expect(fetch({ directory: deep })).rejects.toMatchObject({ code: "WRONG_SIZE" });
    expect(await readdir(directory)).toEqual([]);
    await expect(fetch({ directory: deep })).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(await readdir(deep)).toEqual(["cifar-10-batches-bin.tar.gz.part"]);
    for (const bad of [{ url: "nowhere" }, { minimumRate: -1 }, { stallTimeout: NaN }])
      await expect(fetch({ directory: join(directory, "c"), ...bad })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    expect(await readdir(directory)).toEqual(["a"]);
    expect(url).toContain("127.0.0.1");
  });

  it("shows no password, whatever fails", async () => {
    const corrupt = Uint8Array.from(archive);
    corrupt[1000]! ^= 1;
    const { url, fetch } = await setUp([{ instead: corrupt }, { instead: text("short") }, { status: 404 }]);
    const secret = `${url.replace("http://", "http://me:secret@")}?key=secret`;
    for (const code of ["WRONG_SUM", "WRONG_SIZE", "DOWNLOAD_FAILED"]) {
      const error = (await fetch({ url: secret }).catch((reason: unknown) => reason)) as CifarError;
      expect(error.code).toBe(code);
      expect(error.message).toContain(`${url}?…`);
      expect(error.message).not.toContain("secret");
    }
  });
});

describe("download of archives with the right sum but wrong content", () => {
  const refuse = async (file: Uint8Array) => {
    const { fetch, directory } = await setUp([{}], file);
    let failure: unknown;
    await fetch({ md5: md5(file) }).catch((error: unknown) => (failure = error));
    expect(await readdir(directory)).toEqual([]);
    return failure as { code: string; message: string };
  };

  it("refuses paths that leave the folder", async () => {
    const failure = await refuse(gzipSync(tar([{ path: "../escaped.txt", body: text("!") }])));
    expect(failure.code).toBe("BAD_ARCHIVE");
  });

  it("refuses what is no gzip, and gzip that ends early", async () => {
    expect(await refuse(text("not gzip at all"))).toMatchObject({ code: "BAD_ARCHIVE" });
    expect(await refuse(archive.subarray(0, -100))).toMatchObject({ code: "BAD_ARCHIVE" });
  });

  it("refuses missing and shortened files, with the sizes", async () => {
    const failure = await refuse(officialLookalike(300, { "data_batch_4.bin": new Uint8Array(3073) }));
    expect(failure).toMatchObject({
      code: "WRONG_SIZE",
      message: "download: expected cifar-10-batches-bin/data_batch_4.bin of 921900 bytes in the archive, got 3073",
    });
    expect((await refuse(gzipSync(tar([{ path: "readme.txt" }])))).message).toContain("got no such file");
  });

  it("refuses files beside the data that are large, twice there, or too many", async () => {
    const beside = (entries: Entry[]) => refuse(gzipSync(tar(entries), { level: 1 }));
    expect(await beside([{ path: "large", body: new Uint8Array(2 ** 20 + 1) }])).toMatchObject({
      code: "WRONG_SIZE",
      message: "download: expected large of at most 1048576 bytes in the archive, got 1048577",
    });
    expect((await beside([{ path: "a" }, { path: "./a" }])).message).toMatch(
      /expected each file once in .*, got a twice/,
    );
    const many = Array.from({ length: 101 }, (_, i) => ({ path: `${i}` }));
    expect((await beside(many)).message).toMatch(/expected at most 100 paths in .*, got more/);
  });

  it("writes nothing through a link", async () => {
    const failure = await refuse(gzipSync(tar([{ path: "link", type: "2" }])));
    expect(failure.code).toBe("BAD_ARCHIVE");
  });
});

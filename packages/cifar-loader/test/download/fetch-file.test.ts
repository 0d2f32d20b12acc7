import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fetchFile, type FetchFileOptions } from "../../src/download/fetch-file.js";
import { temporaryFolder } from "../helpers.js";
import { serve, type Behaviour } from "./server.js";

const file = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) % 256);

async function fetchFrom(
  behaviours: readonly Behaviour[],
  options: Partial<FetchFileOptions> = {},
  begun?: Uint8Array,
) {
  const { url, ranges } = await serve(file, behaviours);
  const part = join(await temporaryFolder(), "file.part");
  if (begun !== undefined) await writeFile(part, begun);
  const progress: [number, number | undefined][] = [];
  const run = fetchFile({
    url,
    part,
    bytes: file.length,
    most: file.length,
    minimumRate: 0,
    rateWindow: 60_000,
    stallTimeout: 400,
    retries: 2,
    retryDelay: 1,
    signal: undefined,
    onProgress: (bytes, total) => progress.push([bytes, total]),
    ...options,
  });
  return { run, url, ranges, part, progress };
}

/** The outcome: requests made, and whether the file arrived whole. */
async function succeed(behaviours: readonly Behaviour[], options: Partial<FetchFileOptions> = {}, begun?: Uint8Array) {
  const { run, ranges, part, progress } = await fetchFrom(behaviours, options, begun);
  await run;
  expect(Buffer.compare(await readFile(part), file)).toBe(0);
  return { ranges, progress };
}

describe("fetchFile", () => {
  it("fetches a file and reports progress that only grows", async () => {
    const { ranges, progress } = await succeed([{}]);
    expect(ranges).toEqual([undefined]);
    expect(progress[0]).toEqual([0, 300_000]);
    expect(progress.at(-1)).toEqual([300_000, 300_000]);
    expect(progress).toEqual(progress.toSorted((a, b) => a[0] - b[0]));
  });

  it("resumes where the connection broke, as often as it brings something", async () => {
    const { ranges } = await succeed([
      { breakAfter: 50_000 },
      { breakAfter: 50_000 },
      { breakAfter: 50_000 },
      { breakAfter: 50_000 },
      { breakAfter: 50_000 },
      {},
    ]);
    expect(ranges).toEqual([undefined, ...[1, 2, 3, 4, 5].map((i) => `bytes=${i * 50_000}-`)]);
  });

  it("resumes after a stall", async () => {
    const { ranges } = await succeed([{ stallAfter: 100_000 }, {}]);
    expect(ranges).toEqual([undefined, "bytes=100000-"]);
  });

  it("resumes what an earlier run left", async () => {
    const { ranges, progress } = await succeed([{}], {}, file.subarray(0, 200_000));
    expect(ranges).toEqual(["bytes=200000-"]);
    expect(progress[0]).toEqual([200_000, 300_000]);
  });

  it("starts again where the server ignores Range", async () => {
    const { ranges } = await succeed([{ breakAfter: 50_000 }, { ignoreRange: true }]);
    expect(ranges).toEqual([undefined, "bytes=50000-"]);
  });

  it("starts again where the server sends another range", async () => {
    const { ranges } = await succeed([{ breakAfter: 50_000 }, { wrongRange: true }, {}]);
    expect(ranges).toEqual([undefined, "bytes=50000-", undefined]);
  });

  it("asks for nothing where everything is there", async () => {
    const { ranges } = await succeed([{ status: 500 }], {}, file);
    expect(ranges).toEqual([]);
  });

  it("finds out that everything is there where the size is not known", async () => {
    const { ranges } = await succeed([{}], { bytes: undefined }, file);
    expect(ranges).toEqual(["bytes=300000-"]);
  });

  it("starts again where more is there than there should be", async () => {
    const { ranges } = await succeed([{}], {}, new Uint8Array(file.length + 1));
    expect(ranges).toEqual([undefined]);
  });

  it("follows redirects, and manages without Content-Length", async () => {
    await succeed([{ redirect: true }, {}]);
    await succeed([{ chunked: true }]);
    await succeed([{ chunked: true }], { bytes: undefined });
  });

  it("tries again after errors that pass", async () => {
    const { ranges } = await succeed([{ status: 503 }, { status: 429 }, {}]);
    expect(ranges.length).toBe(3);
  });

  it("gives up at once on errors that stay", async () => {
    const { run, ranges, url } = await fetchFrom([{ status: 404 }]);
    await expect(run).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: `download: expected ${url} to answer with the file, got 404 Not Found`,
    });
    expect(ranges.length).toBe(1);
  });

  it("gives up after attempts that bring nothing, and keeps what it has", async () => {
    const { run, ranges, part } = await fetchFrom([{ breakAfter: 50_000 }, { status: 500 }]);
    await expect(run).rejects.toThrow(
      /sent 50000 bytes.*, then 3 attempts brought no more: 500 Internal Server Error$/,
    );
    expect(ranges.length).toBe(4);
    expect((await readFile(part)).length).toBe(50_000);
  });

  it("gives up on a server that breaks every time at the same place and cannot resume", async () => {
    const { run, ranges } = await fetchFrom([{ breakAfter: 50_000, ignoreRange: true }]);
    await expect(run).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(ranges.length).toBe(4);
  });

  it("says that it stalled", async () => {
    const { run } = await fetchFrom([{ stallAfter: 0 }], { retries: 0, stallTimeout: 100 });
    await expect(run).rejects.toThrow("no byte for 100 ms");
  });

  it("says that nobody answers", async () => {
    const { run } = await fetchFrom([{}], { url: "http://127.0.0.1:1/", retries: 0 });
    await expect(run).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
  });

  it("refuses a file of another size before reading it", async () => {
    const { run, url } = await fetchFrom([{ instead: new TextEncoder().encode("<html>please log in</html>") }]);
    await expect(run).rejects.toMatchObject({
      code: "WRONG_SIZE",
      message: `download: expected 300000 bytes from ${url}, got 26`,
    });
  });

  it("stops when told to, during transfer and during a pause, and keeps what it has", async () => {
    const transfer = new AbortController();
    const { run, part } = await fetchFrom([{ stallAfter: 50_000 }], {
      signal: transfer.signal,
      stallTimeout: 10_000,
      onProgress: (bytes) => {
        if (bytes === 50_000) transfer.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: "ABORTED" });
    expect((await readFile(part)).length).toBe(50_000);
    const pausing = await fetchFrom([{ status: 500 }], { signal: AbortSignal.timeout(100), retryDelay: 60_000 });
    await expect(pausing.run).rejects.toMatchObject({ code: "ABORTED" });
    const before = await fetchFrom([{}], { signal: AbortSignal.abort() });
    await expect(before.run).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("gives up on a transfer that is too slow, over several connections too, and keeps what it has", async () => {
    const slow = { minimumRate: 100_000, rateWindow: 300 };
    const { run, url, part } = await fetchFrom([{ drip: { bytes: 500, every: 20 } }], slow);
    await expect(run).rejects.toMatchObject({ code: "TOO_SLOW" });
    await expect(run).rejects.toThrow(
      new RegExp(
        `^download: expected ${url} to send at least 100000 bytes per second, got \\d+ bytes in 0.3 s; the next`,
      ),
    );
    expect((await readFile(part)).length).toBeGreaterThan(0);
    // Each connection breaks before the window ends, and each brings something.
    const breaking = await fetchFrom([{ breakAfter: 100 }], { ...slow, retries: 1000 });
    await expect(breaking.run).rejects.toMatchObject({ code: "TOO_SLOW" });
    expect(breaking.ranges.length).toBeGreaterThan(2);
  });

  it("bears with a transfer that is fast enough in every window, and with any where no rate is asked for", async () => {
    await succeed([{ drip: { bytes: 6000, every: 30 } }], { minimumRate: 20_000, rateWindow: 500 });
    await succeed([{ drip: { bytes: 50_000, every: 30 } }], { minimumRate: 0, rateWindow: 10 });
  });

  it("stops at more than expected, and leaves nothing of it", async () => {
    const more = new Uint8Array(2e6);
    for (const bytes of [file.length, undefined]) {
      const { run, part, url } = await fetchFrom([{ instead: more, chunked: true }], { bytes });
      await expect(run).rejects.toMatchObject({
        code: "WRONG_SIZE",
        message: `download: expected at most 300000 bytes from ${url}, got more`,
      });
      await expect(readFile(part)).rejects.toMatchObject({ code: "ENOENT" });
    }
    const { run } = await fetchFrom([{ instead: more }], { bytes: undefined });
    await expect(run).rejects.toThrow(/expected at most 300000 bytes from .*, got 2000000/);
  });

  it("says name and password to the server, and in no message", async () => {
    const served = await serve(file, [{}, { status: 404 }, { status: 500 }]);
    const url = served.url.replace("http://", "http://ada:s%20ecret@") + "?token=k3y";
    await (
      await fetchFrom([{}], { url })
    ).run;
    expect(served.authorizations).toEqual([`Basic ${Buffer.from("ada:s ecret").toString("base64")}`]);
    for (const options of [
      { url },
      { url, retries: 0 },
      { url: "http://ada:s%20ecret@127.0.0.1:1/?token=k3y", retries: 0 },
    ]) {
      const error = await (await fetchFrom([{}], options)).run.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
      for (let each: unknown = error; each instanceof Error; each = each.cause)
        expect(`${each.message} ${each.stack}`).not.toMatch(/ecret|ada:|k3y/);
    }
  });
});

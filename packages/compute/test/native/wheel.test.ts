import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WheelKind } from "../../src/native/machine.js";
import { downloadWheel, findWheel, indexUrl, pipDownload } from "../../src/native/wheel.js";

let folder: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sgdscope-wheel-"));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const kind: WheelKind = { project: "tensorflow-cpu", arch: "x86_64", glibc: [2, 36] };
const hash = "ab".repeat(32);
const names = [
  "tensorflow_cpu-2.9.0-cp310-cp310-manylinux2014_x86_64.whl",
  "tensorflow_cpu-2.21.0-cp39-cp39-manylinux_2_27_x86_64.whl",
  "tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl",
  "tensorflow_cpu-2.21.0-cp314-cp314-manylinux_2_99_x86_64.whl",
  "tensorflow_cpu-2.21.0-cp314-cp314-win_amd64.whl",
  "tensorflow_cpu-2.22.0rc1-cp313-cp313-manylinux_2_27_x86_64.whl",
  "tensorflow_cpu-2.20.1-cp313-cp313-manylinux_2_27_aarch64.whl",
];
const newest = names[2]!;

describe("findWheel", () => {
  const page: RequestListener = (request, response) => {
    expect(request.url).toBe("/simple/tensorflow-cpu/");
    response.setHeader("content-type", "text/html");
    response.end(
      names.map((name) => `<a href="../../files/${name}#sha256=${hash}" data-x="1">${name}</a><br/>`).join(""),
    );
  };
  const json: RequestListener = (_, response) => {
    response.setHeader("content-type", "application/vnd.pypi.simple.v1+json");
    const files = names.map((filename) => ({ filename, url: `../../files/${filename}`, hashes: { sha256: hash } }));
    files.push({
      filename: newest.replaceAll("313", "315"),
      url: "x",
      hashes: { sha256: hash },
      yanked: "bad",
    } as never);
    response.end(JSON.stringify({ files }));
  };

  it.each([
    ["a page", page],
    ["JSON", json],
  ])("takes the newest that fits from %s", async (_, listener) => {
    const base = await serve(listener);
    const expected = { filename: newest, url: `${base}/files/${newest}`, sha256: hash };
    for (const version of ["latest", "2.21.0"]) {
      expect(await findWheel(kind, version, `${base}/simple/`)).toEqual(expected);
    }
    const old = await findWheel({ ...kind, glibc: [2, 17] }, "latest", `${base}/simple`);
    expect(old.filename).toBe(names[0]);
  });

  it("says which versions there are", async () => {
    const base = await serve(page);
    const attempt = findWheel(kind, "2.20.0", `${base}/simple`);
    await expect(attempt).rejects.toMatchObject({ code: "NO_WHEEL" });
    await expect(attempt).rejects.toThrow("only 2.21.0, 2.9.0");
  });

  it("gives name and password of an index as it should", async () => {
    const base = await serve((request, response) => {
      expect(request.headers.authorization).toBe(`Basic ${Buffer.from("me:s ecret").toString("base64")}`);
      page(request, response);
    });
    const index = base.replace("http://", "http://me:s%20ecret@");
    expect((await findWheel(kind, "latest", `${index}/simple`)).filename).toBe(newest);
    // and to nobody else
    await expect(findWheel(kind, "2.20.0", `${index}/simple`)).rejects.toThrow(
      `in ${base}/simple/tensorflow-cpu/, got`,
    );
    await expect(findWheel(kind, "latest", "http://me:secret@127.0.0.1:9/simple")).rejects.toThrow(
      /^(?!.*secret).*from http:\/\/127\.0\.0\.1:9\/simple/,
    );
  });

  it("says that there is no network, or no such project", async () => {
    await expect(findWheel(kind, "latest", "http://127.0.0.1:9/simple")).rejects.toMatchObject({ code: "NO_NETWORK" });
    const base = await serve((_, response) => response.writeHead(404).end());
    await expect(findWheel(kind, "latest", base)).rejects.toThrow("status 404");
  });
});

describe("downloadWheel", () => {
  const bytes = Buffer.from("wheel".repeat(20_000));
  const link = (url: string, sha256 = createHash("sha256").update(bytes).digest("hex")) => ({
    filename: newest,
    url,
    sha256,
  });

  it("goes on where a connection broke", async () => {
    const ranges: (string | undefined)[] = [];
    const base = await serve((request, response) => {
      ranges.push(request.headers.range);
      const start = Number(/bytes=(\d+)/.exec(request.headers.range ?? "")?.[1] ?? 0);
      response.writeHead(start === 0 ? 200 : 206, { "content-length": bytes.length - start });
      if (start > 0) response.end(bytes.subarray(start));
      else response.write(bytes.subarray(0, 40_000), () => setTimeout(() => response.destroy(), 50));
    });
    const path = await downloadWheel(link(`${base}/w`), folder);
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(ranges.length).toBe(2);
    expect(ranges[1]).toMatch(/^bytes=\d+-$/);
  });

  it("refuses other bytes than the index promised", async () => {
    const base = await serve((_, response) => response.end(bytes));
    await expect(downloadWheel(link(base, hash), folder)).rejects.toMatchObject({ code: "WHEEL_MISMATCH" });
  });

  it("gives up after four attempts", async () => {
    let requests = 0;
    const base = await serve((_, response) => {
      requests++;
      response.writeHead(503).end();
    });
    await expect(downloadWheel(link(base), folder)).rejects.toMatchObject({ code: "NO_NETWORK" });
    expect(requests).toBe(4);
    const secret = base.replace("http://", "http://me:secret@");
    await expect(downloadWheel(link(secret), folder)).rejects.toThrow(/^(?!.*secret).*expected an answer from http/);
  });
});

describe("pip", () => {
  it("names the index, unless the environment does", async () => {
    expect(await indexUrl({ PIP_INDEX_URL: "https://mirror.example/simple", PATH: folder })).toBe(
      "https://mirror.example/simple",
    );
    expect(await indexUrl({ PATH: folder })).toBe("https://pypi.org/simple");
  });

  it("that is not there is a wrong command line", async () => {
    await expect(pipDownload("no-such-python", kind, "latest", folder, {})).rejects.toMatchObject({ code: "USAGE" });
  });
});

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ComputeError } from "../errors.js";
import type { WheelKind } from "./machine.js";
import { lastLines, run } from "./run.js";

/** A file that an index offers. */
export interface WheelLink {
  filename: string;
  url: string;
  /** Hexadecimal. */
  sha256: string;
}

/** The index of PyPI, or the one that pip is told to use. */
export async function indexUrl(environment: NodeJS.ProcessEnv): Promise<string> {
  const own = environment["PIP_INDEX_URL"];
  if (own) return own;
  const { status, stdout } = await run("pip", ["config", "get", "global.index-url"], { environment });
  return status === 0 && stdout.trim() !== "" ? stdout.trim() : "https://pypi.org/simple";
}

/**
 * Asks a package index (PEP 503 pages or PEP 691 JSON) for the wheel of a version that fits a machine. Any Python version serves, since
 * only the C library in it is used; the newest is taken.
 *
 * @param version - "2.21.0", or "latest" for the highest that is no pre-release.
 * @throws ComputeError `NO_NETWORK`; `NO_WHEEL` with the versions there are.
 */
export async function findWheel(kind: WheelKind, version: string, index: string): Promise<WheelLink> {
  const page = `${index.replace(/\/+$/, "")}/${kind.project}/`;
  const { address, headers } = credentials(page);
  const response = await request(address, {
    ...headers,
    accept: "application/vnd.pypi.simple.v1+json, text/html;q=0.5",
  });
  const body = await response.text();
  const links = (response.headers.get("content-type") ?? "").includes("json")
    ? fromJson(body, address)
    : fromHtml(body, address);
  const fitting = links
    .flatMap((link) => {
      const fit = fits(link.filename, kind);
      return fit === undefined ? [] : [{ link, ...fit }];
    })
    .sort((a, b) => compare(b.version, a.version) || compare(b.python, a.python));
  const found = fitting.find((each) => version === "latest" || each.version.join(".") === version);
  if (found !== undefined) return found.link;
  const versions = [...new Set(fitting.map((each) => each.version.join(".")))];
  throw new ComputeError(
    "NO_WHEEL",
    `sgdscope-tensorflow: expected ${kind.project} ${version} for Linux ${kind.arch} in ${address}, got ` +
      (versions.length === 0 ? "no wheel that fits" : `only ${versions.slice(0, 8).join(", ")}`),
  );
}

/** Version and Python version of a wheel's file name, if it fits. Pre-releases do not. */
function fits(filename: string, kind: WheelKind): { version: number[]; python: number[] } | undefined {
  const parts = /^[^-]+-(\d+(?:\.\d+)*)-cp(\d)(\d+)-[^-]+-(.+)\.whl$/.exec(filename);
  if (parts === null) return undefined;
  const tagged = parts[4]!.split(".").some((tag) => {
    const manylinux = /^manylinux_(\d+)_(\d+)_(.+)$/.exec(tag);
    if (manylinux === null) return tag === `manylinux2014_${kind.arch}`;
    const [, major, minor, arch] = manylinux;
    return arch === kind.arch && compare([Number(major), Number(minor)], kind.glibc) <= 0;
  });
  if (!tagged) return undefined;
  return { version: parts[1]!.split(".").map(Number), python: [Number(parts[2]), Number(parts[3])] };
}

const compare = (a: number[], b: number[]): number => {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** What of the simple index in JSON (PEP 691) is needed; entries that lack it are passed over. */
function fromJson(body: string, base: string): WheelLink[] {
  const { files } = (JSON.parse(body) ?? {}) as { files?: unknown };
  if (!Array.isArray(files)) return [];
  return (files as unknown[]).flatMap((file) => {
    const { filename, url, hashes, yanked } = (file ?? {}) as Record<string, unknown>;
    const { sha256 } = (hashes ?? {}) as Record<string, unknown>;
    if (typeof filename !== "string" || typeof url !== "string" || typeof sha256 !== "string") return [];
    return yanked ? [] : [{ filename, url: new URL(url, base).href, sha256 }];
  });
}

function fromHtml(body: string, base: string): WheelLink[] {
  return [...body.matchAll(/<a\b([^>]*)>([^<]*)<\/a>/gi)].flatMap(([, attributes, filename]) => {
    const href = /\bhref\s*=\s*["']([^"']+)["']/i.exec(attributes!)?.[1]?.replaceAll("&amp;", "&");
    const [url, fragment] = href?.split("#") ?? [];
    const sha256 = /\bsha256=([0-9a-f]{64})/i.exec(fragment ?? "")?.[1];
    if (url === undefined || sha256 === undefined || /\bdata-yanked\b/i.test(attributes!)) return [];
    return [{ filename: filename!.trim(), url: new URL(url, base).href, sha256: sha256.toLowerCase() }];
  });
}

/** An address without the name and password in it, which `fetch` refuses, and the header that says them. */
function credentials(url: string): { address: string; headers: Record<string, string> } {
  const parsed = new URL(url);
  if (parsed.username === "") return { address: parsed.href, headers: {} };
  const pair = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  parsed.username = parsed.password = "";
  return { address: parsed.href, headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}

async function request(url: string, headers: Record<string, string>): Promise<Response> {
  const response = await fetch(url, { headers }).catch((cause: unknown) => {
    const reason = (cause as Error).cause instanceof Error ? ((cause as Error).cause as Error).message : String(cause);
    throw unreachable(url, reason, cause);
  });
  if (!response.ok) throw unreachable(url, `status ${response.status}`);
  return response;
}

const unreachable = (url: string, reason: string, cause?: unknown): ComputeError =>
  new ComputeError(
    "NO_NETWORK",
    `sgdscope-tensorflow: expected an answer from ${url}, got: ${reason}; ` +
      "behind a proxy use --python python3, which downloads with pip, or fetch the wheel elsewhere and use --wheel FILE",
    { cause },
  );

/**
 * Downloads a wheel, taking up again what broke off, and checks its SHA-256.
 *
 * @param onProgress - Bytes so far, and of all if the server says.
 * @throws ComputeError `NO_NETWORK`, `WHEEL_MISMATCH`.
 */
export async function downloadWheel(
  link: WheelLink,
  folder: string,
  onProgress: (bytes: number, total: number | undefined) => void = () => undefined,
): Promise<string> {
  const path = join(folder, link.filename);
  const { address } = credentials(link.url);
  for (let attempt = 1; ; attempt++) {
    try {
      await attemptDownload(link.url, path, onProgress);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw error;
      if (attempt === 4) throw unreachable(address, (error as Error).message, error);
    }
  }
  const found = await sha256Of(path);
  if (found !== link.sha256)
    throw new ComputeError(
      "WHEEL_MISMATCH",
      `sgdscope-tensorflow: expected ${link.filename} with SHA-256 ${link.sha256}, got ${found}`,
    );
  return path;
}

async function attemptDownload(
  url: string,
  path: string,
  onProgress: (bytes: number, total: number | undefined) => void,
): Promise<void> {
  const have = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  const { address, headers } = credentials(url);
  const response = await request(address, have === 0 ? headers : { ...headers, range: `bytes=${have}-` });
  let at = response.status === 206 ? have : 0;
  const length = response.headers.get("content-length");
  const total = length === null ? undefined : at + Number(length);
  const file = await open(path, at === 0 ? "w" : "a");
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      await file.writeFile(chunk);
      at += chunk.length;
      onProgress(at, total);
    }
  } finally {
    await file.close();
  }
  if (total !== undefined && at !== total) throw new Error(`${at} of ${total} bytes`);
}

/** Has pip download the wheel, with its own configuration, proxies and check of hashes. */
export async function pipDownload(
  python: string,
  kind: WheelKind,
  version: string,
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const { status, stderr } = await run(
    python,
    [
      ..."-m pip download --quiet --no-deps --only-binary=:all: --disable-pip-version-check --implementation cp".split(
        " ",
      ),
      ...["manylinux_2_27", "manylinux_2_17", "manylinux2014"].flatMap((tag) => ["--platform", `${tag}_${kind.arch}`]),
      ...["--python-version", "3.12", "--dest", folder],
      version === "latest" ? kind.project : `${kind.project}==${version}`,
    ],
    { environment },
  );
  const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"));
  if (status === 0 && wheel !== undefined) return join(folder, wheel);
  throw new ComputeError(
    status === undefined ? "USAGE" : "BUILD_FAILED",
    status === undefined
      ? `sgdscope-tensorflow: expected --python to name a Python with pip, got ${python}`
      : `sgdscope-tensorflow: expected ${python} -m pip to download ${kind.project} ${version}, got:\n${lastLines(stderr)}`,
  );
}

/** Hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

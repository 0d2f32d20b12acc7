import type { FileHandle } from "node:fs/promises";

export interface WriteFileOptions {
  /** False leaves out both fsync: a kill still leaves the old or the new file, a power cut may leave neither. Default true. */
  durable?: boolean;
}

// Node is loaded only when a file is touched, so that the parsers work in a page.
let writes = 0;

/**
 * Puts a file in its place whole or not at all: temporary name, fsync, rename, fsync of the folder. Node only.
 *
 * A file of that name is replaced and its permissions stay. Symbolic links are followed: the file they name is replaced, or made,
 * and the links stay. Pipes, devices, and `/dev/stdout` or `/dev/stderr` whatever stands behind them, are written into.
 *
 * @throws The error of the operating system; the file of that name is then as it was.
 */
export async function writeFileWhole(
  path: string,
  content: string | Uint8Array,
  { durable = true }: WriteFileOptions = {},
): Promise<void> {
  const place = await placeOf(path);
  if (place.kind === "standard") return writeInto(process[place.name], content);
  const { constants, open, rename, rm } = await import("node:fs/promises");
  if (place.kind === "stream")
    return using(await open(place.path, constants.O_WRONLY), (file) => file.writeFile(content));
  const paths = await import("node:path");
  const folder = paths.dirname(place.path);
  const temporary = paths.join(folder, `.${paths.basename(place.path)}.${process.pid}-${++writes}.tmp`);
  try {
    await using(await open(temporary, "wx"), async (file) => {
      if (place.mode !== undefined) await file.chmod(place.mode);
      await file.writeFile(content);
      if (durable) await file.sync();
    });
    await rename(temporary, place.path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  // Makes the rename last; some file systems cannot, and need not.
  if (durable)
    await open(folder, "r")
      .then((handle) => using(handle, (each) => each.sync()))
      .catch(() => undefined);
}

type Place =
  /** To be replaced, or made; `mode` of what is there. */
  | { kind: "file"; path: string; mode: number | undefined }
  /** To be written into. */
  | { kind: "stream"; path: string }
  | { kind: "standard"; name: "stdout" | "stderr" };

/** As many links in a row as Linux follows. */
const LINKS = 40;

/** Where links lead in the end, and what is there. */
async function placeOf(path: string): Promise<Place> {
  const { readlink, realpath, stat } = await import("node:fs/promises");
  const paths = await import("node:path");
  let at = path;
  for (let links = 0; links < LINKS; links++) {
    const [, descriptor] = /^\/(?:proc\/self|dev)\/fd\/([12])$/.exec(at) ?? [];
    // Opened again, a file behind it would be written from its beginning.
    if (descriptor !== undefined) return { kind: "standard", name: descriptor === "1" ? "stdout" : "stderr" };
    const target = await readlink(at).catch(() => undefined);
    if (target === undefined) break;
    // These links name what is open, which may have no path.
    if (/^\/(?:proc\/\w+|dev)\/fd\//.test(at)) return { kind: "stream", path: at };
    at = paths.isAbsolute(target) ? target : paths.join(await realpath(paths.dirname(at)), target);
  }
  const found = await stat(at).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  });
  if (found === undefined || found.isFile() || found.isDirectory())
    return { kind: "file", path: at, mode: found?.isFile() === true ? found.mode & 0o7777 : undefined };
  return { kind: "stream", path: at };
}

const writeInto = (stream: NodeJS.WriteStream, content: string | Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(content, (error) => (error ? reject(error) : resolve()));
  });

async function using<T>(file: FileHandle, body: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await body(file);
  } finally {
    await file.close();
  }
}

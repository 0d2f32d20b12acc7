import { readTarGz } from "../archive/tar-gz.js";
import { CifarError } from "../errors.js";

/** What an archive must hold: sizes in bytes by path. */
export type Expected = ReadonlyMap<string, number>;

/** What may lie beside the data: a readme and the names of classes. */
const MOST_ENTRIES = 100;
const MOST_BYTES_BESIDE = 2 ** 20;

/**
 * Unpacks a `.tar.gz` into a folder, streaming. Every size is checked before a byte of the file is written.
 *
 * @param expected - Files that must have these sizes; others may have 1 MiB.
 * @param onProgress - Called with the bytes of files written so far.
 * @throws CifarError BAD_ARCHIVE; WRONG_SIZE, also where a file is missing.
 */
export async function extract(
  archive: string,
  folder: string,
  expected: Expected,
  signal: AbortSignal | undefined,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const { mkdir, open } = await import("node:fs/promises");
  const paths = await import("node:path");
  const missing = new Set(expected.keys());
  const seen = new Set<string>();
  let written = 0;
  for await (const entry of readTarGz("download", archive)) {
    const again = entry.type === "file" && seen.has(entry.path);
    if (again || seen.size === MOST_ENTRIES)
      throw new CifarError(
        "BAD_ARCHIVE",
        again
          ? `download: expected each file once in ${archive}, got ${entry.path} twice`
          : `download: expected at most ${MOST_ENTRIES} paths in ${archive}, got more`,
      );
    seen.add(entry.path);
    const target = paths.join(folder, entry.path);
    await mkdir(entry.type === "folder" ? target : paths.dirname(target), { recursive: true });
    if (entry.type === "folder") continue;
    checkSize(entry, expected);
    missing.delete(entry.path);
    const file = await open(target, "wx");
    try {
      for await (const part of entry.body) {
        if (signal?.aborted) throw new CifarError("ABORTED", `download: expected to unpack ${archive}, got aborted`);
        await file.writeFile(part);
        onProgress((written += part.length));
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }
  for (const path of missing)
    throw new CifarError(
      "WRONG_SIZE",
      `download: expected ${path} of ${expected.get(path)!} bytes in the archive, got no such file`,
    );
}

function checkSize({ path, size }: { path: string; size: number }, expected: Expected): void {
  const right = expected.get(path);
  if (right === undefined ? size <= MOST_BYTES_BESIDE : size === right) return;
  throw new CifarError(
    "WRONG_SIZE",
    `download: expected ${path} of ${right ?? `at most ${MOST_BYTES_BESIDE}`} bytes in the archive, got ${size}`,
  );
}

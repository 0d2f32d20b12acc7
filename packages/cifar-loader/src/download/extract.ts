import { CifarError } from "../errors.js";
import { readTar } from "../archive/tar.js";

/**
 * Unpacks a `.tar.gz` into a folder, streaming.
 *
 * @param onProgress - Called with the bytes of files written so far.
 * @throws CifarError BAD_ARCHIVE.
 */
export async function extract(
  archive: string,
  folder: string,
  signal: AbortSignal | undefined,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const { createReadStream } = await import("node:fs");
  const { mkdir, open } = await import("node:fs/promises");
  const paths = await import("node:path");
  const { createGunzip } = await import("node:zlib");
  const source = createReadStream(archive);
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  let written = 0;
  try {
    for await (const entry of readTar(source.pipe(gunzip))) {
      const target = paths.join(folder, entry.path);
      await mkdir(entry.type === "folder" ? target : paths.dirname(target), { recursive: true });
      if (entry.type === "folder") continue;
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
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith("Z_")) throw error;
    throw new CifarError("BAD_ARCHIVE", `download: expected ${archive} to be gzip, got ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

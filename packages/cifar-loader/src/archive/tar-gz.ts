import { CifarError } from "../errors.js";
import { readTar, type TarEntry } from "./tar.js";

/** Both data sets unfold to 0.19 GB, and to 0.37 where Python 3 wrote them. */
const MOST_BYTES = 2 ** 30;

/**
 * The entries of a `.tar.gz` file, as it is read and unfolded; at most 1 GiB of them. Node only.
 *
 * @param caller - For messages.
 * @throws CifarError BAD_ARCHIVE.
 */
export async function* readTarGz(caller: string, archive: string): AsyncGenerator<TarEntry, void, undefined> {
  const { createReadStream } = await import("node:fs");
  const { createGunzip } = await import("node:zlib");
  const source = createReadStream(archive, { highWaterMark: 1 << 18 });
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  source.on("error", (error) => gunzip.destroy(error));
  try {
    yield* readTar(limited(caller, archive, source.pipe(gunzip)));
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith("Z_")) throw error;
    throw new CifarError("BAD_ARCHIVE", `${caller}: expected ${archive} to be gzip, got: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

async function* limited(
  caller: string,
  archive: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES)
      throw new CifarError("BAD_ARCHIVE", `${caller}: expected ${archive} to unfold to at most 1 GiB, got more`);
    yield chunk;
  }
}

/** The bytes of an entry, whose size has been found to be reasonable. */
export async function bytesOf({ size, body }: TarEntry): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const part of body) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { CifarError } from "../errors.js";

/** One entry of an archive. Its body is gone once the next entry is asked for. */
export interface TarEntry {
  /** Relative path with forward slashes, without `.` and `..`; checked. */
  path: string;
  size: number;
  type: "file" | "folder";
  body: AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Reads a tar archive as it streams in: ustar, with the long names of GNU tar and of pax; at most about 1 MB of it is held.
 *
 * @throws CifarError BAD_ARCHIVE for paths that are absolute or climb, links and devices, wrong checksums, and an early end; errors of
 *   `chunks` pass.
 * @see POSIX.1-2017, pax, "ustar Interchange Format".
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const source = streamOf(chunks);
  const reader = source.stream.pipeThrough(createTarDecoder({ strict: true })).getReader();
  const explain = (error: unknown): never => {
    if (source.failure() === error || error instanceof CifarError) throw error;
    throw new CifarError("BAD_ARCHIVE", `readTar: expected a tar archive, got: ${(error as Error).message}`, {
      cause: error,
    });
  };
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(explain);
      if (done) return;
      yield entryOf(value, explain);
      // What the caller left unread.
      await value.body.cancel().catch(() => undefined);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    // A cancelled decoder does not cancel what it is fed with.
    await source.end();
  }
}

function entryOf({ header, body }: ParsedTarEntry, explain: (error: unknown) => never): TarEntry {
  const { name, size, type } = header;
  const path = safePath(name);
  if (type !== "file" && type !== "directory")
    throw new CifarError("BAD_ARCHIVE", `readTar: expected files and folders, got a ${type ?? "thing"} at ${path}`);
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read().catch(explain);
        if (done) return;
        yield value;
      }
    } finally {
      reader.releaseLock();
    }
  }
  return { path, size, type: type === "directory" ? "folder" : "file", body: pieces() };
}

/** A relative path without steps upwards; everything else could write outside the folder of extraction. */
function safePath(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/") || /[\\:\0]/.test(path) || parts.includes("..") || parts.length === 0)
    throw new CifarError(
      "BAD_ARCHIVE",
      `readTar: expected a path inside the archive's folder, got ${JSON.stringify(path)}`,
    );
  return parts.join("/");
}

interface Source {
  stream: ReadableStream<Uint8Array>;
  /** The error that ended the chunks. */
  failure: () => unknown;
  /** Asks for no more chunks. */
  end: () => Promise<unknown>;
}

/** The chunks as a stream that is read on demand. */
function streamOf(chunks: AsyncIterable<Uint8Array>): Source {
  const iterator = chunks[Symbol.asyncIterator]();
  let failure: unknown;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = (await iterator.next()) as IteratorResult<Uint8Array, undefined>;
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          failure = error;
          throw error;
        }
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, failure: () => failure, end: async () => iterator.return?.() };
}

import { ArrayFilesError } from "./errors.js";

/** `readFile` of Node refuses files of 2 GiB and more. */
const PIECE = 2 ** 30;

/**
 * The bytes of a file, whatever its size up to the budget. Node only.
 *
 * @throws ArrayFilesError FILE_NOT_FOUND; INVALID_ARGUMENT for a folder; TOO_LARGE before anything is read, where the file passes the budget or the engine has no
 *   typed array of that size. Other errors of the file system pass.
 */
export async function readFileWithin(caller: string, path: string, maxBytes: number): Promise<Uint8Array> {
  // Node is loaded only when a file is touched, so that the parsers work in a page.
  const { open } = await import("node:fs/promises");
  const file = await open(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new ArrayFilesError("FILE_NOT_FOUND", `${caller}: ${path} does not exist`, { cause: error });
  });
  try {
    const found = await file.stat();
    if (found.isDirectory())
      throw new ArrayFilesError("INVALID_ARGUMENT", `${caller}: expected a file, and ${path} is a folder`);
    const { size } = found;
    if (size > maxBytes)
      throw new ArrayFilesError(
        "TOO_LARGE",
        `${caller}: expected a file of at most ${maxBytes} bytes (maxBytes), got ${size} bytes at ${path}`,
      );
    // Pipes and the like have no size; what they send is read until it ends.
    if (size < PIECE) return await file.readFile();
    const bytes = allocate(caller, path, size);
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(bytes, at, Math.min(PIECE, size - at), at);
      if (bytesRead === 0) return bytes.subarray(0, at);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

function allocate(caller: string, path: string, size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (error) {
    throw new ArrayFilesError("TOO_LARGE", `${caller}: expected ${path} to fit a typed array, got ${size} bytes`, {
      cause: error,
    });
  }
}

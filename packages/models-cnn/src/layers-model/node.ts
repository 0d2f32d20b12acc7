import { ModelsError } from "../errors.js";

/** `@tensorflow/tfjs-layers`, or `NOT_AVAILABLE` with what to install. */
export async function layersLibrary(where: string): Promise<typeof import("@tensorflow/tfjs-layers")> {
  try {
    return await import("@tensorflow/tfjs-layers");
  } catch (cause) {
    throw new ModelsError(
      "NOT_AVAILABLE",
      `${where}: the package @tensorflow/tfjs-layers is not installed; install it with: npm install @tensorflow/tfjs-layers`,
      { cause },
    );
  }
}

/** The bytes of a file, or a `FILE_MISSING` error that says which file is missing. */
export async function readFileOf(where: string, what: string, path: string): Promise<Uint8Array> {
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new ModelsError("FILE_MISSING", `${where}: ${what} is missing: ${path} does not exist`, { cause });
  }
}

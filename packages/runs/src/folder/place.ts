import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { storageError } from "../errors.js";

let writes = 0;

/** Temporary files that a killed writer may leave. */
const isTemporary = (name: string): boolean => /^\..*\.\d+-\d+\.tmp$/.test(name);

/**
 * Puts a file in its place whole or not at all: temporary name, fsync, rename, fsync of the folder. A file of that name is replaced.
 *
 * @param durable - False leaves out both fsync: a kill still leaves the old or the new file, a power cut may leave neither.
 * @throws RunsError `STORAGE`; the file of that name is then as it was.
 */
export async function placeFile(path: string, content: string | Uint8Array, durable = true): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${++writes}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(content);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    if (durable) await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storageError(path, error);
  }
}

/**
 * Makes a folder and those above it; true if it was not there.
 *
 * @throws RunsError `STORAGE`.
 */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    return (await mkdir(path, { recursive: true })) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw storageError(path, error);
    // Of a read-only file system Node says ENOENT here; folder by folder it says what is wrong, and where.
    if (dirname(path) !== path) await makeFolder(dirname(path));
    await mkdir(path).catch((told: unknown) => {
      throw storageError(path, told);
    });
    return true;
  }
}

/** Removes temporary files of writers that were killed; call it only where nobody else writes. */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (isTemporary(name)) await rm(join(folder, name), { force: true });
}

/** Makes a rename in this folder last; some file systems cannot, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

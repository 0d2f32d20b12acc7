import { existsSync } from "node:fs";
import { access, constants, mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { writeFileWhole } from "@sgdscope/array-files";
import { storageError } from "../errors.js";

/** Temporary files that a killed writer may leave. */
const temporaryName = /^\..*\.(\d+)-\d+\.tmp$/;

/** A file that nobody has written to for so long is nobody's any more, ms. */
const LEFT_AFTER = 60_000;

/**
 * Puts a file in its place whole or not at all; pipes and devices are written into, symbolic links followed (`writeFileWhole`).
 *
 * @param durable - False leaves out both fsync: a kill still leaves the old or the new file, a power cut may leave neither.
 * @throws RunsError `STORAGE`, `WRONG_PATH`; the file of that name is then as it was.
 */
export async function placeFile(path: string, content: string | Uint8Array, durable = true): Promise<void> {
  try {
    await writeFileWhole(path, content, { durable });
  } catch (error) {
    throw storageError(path, error);
  }
}

/**
 * Makes a folder and those above it; true if it was not there. One that nobody here may write into is refused at once, before
 * anything is computed for it.
 *
 * @throws RunsError `STORAGE`, `WRONG_PATH`.
 */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    const made = (await mkdir(path, { recursive: true })) !== undefined;
    await access(path, constants.W_OK);
    return made;
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

/**
 * Refuses a folder that could not be made or written into, and makes none: to be asked before something is computed for it.
 *
 * @throws RunsError `STORAGE`, `WRONG_PATH`.
 */
export async function expectWritable(path: string): Promise<void> {
  let at = resolve(path);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    // With the slash a file is not taken for a folder.
    await access(`${at}/`, constants.W_OK);
  } catch (error) {
    throw storageError(path, error);
  }
}

/** Removes temporary files of writers that were killed; call it only where nobody else writes. */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (temporaryName.test(name)) await rm(join(folder, name), { force: true });
}

/**
 * Removes temporary files that writers left who were killed, where others may be writing: only those that are older than a minute and
 * whose writer does not run on this machine. What cannot be removed stays.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const writer = temporaryName.exec(name)?.[1];
    if (writer === undefined || runs(Number(writer))) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > LEFT_AFTER) await rm(path, { force: true }).catch(() => undefined);
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

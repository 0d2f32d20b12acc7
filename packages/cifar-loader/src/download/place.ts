import { CifarError } from "../errors.js";
import { fullSize, type Source } from "../sources.js";
import { extract } from "./extract.js";

/** Unpacks beside the target and renames: whoever looks sees all files or none. */
export async function place(
  part: string,
  source: Source,
  directory: string,
  signal: AbortSignal | undefined,
  onProgress: (bytes: number, total: number) => void,
): Promise<void> {
  const { mkdtemp, readdir, rename, rm } = await import("node:fs/promises");
  const paths = await import("node:path");
  const files = [...source.train, ...source.test];
  const total = files.reduce((sum, file) => sum + fullSize(source, file), 0);
  // A download that was killed while unpacking left its folder; we hold the lock, so nobody is using it.
  const [parent, prefix] = [paths.dirname(directory), `${paths.basename(directory)}.tmp-`];
  for (const name of await readdir(parent))
    if (name.startsWith(prefix)) await rm(paths.join(parent, name), { recursive: true, force: true });
  const temporary = await mkdtemp(`${directory}.tmp-`);
  try {
    const expected = new Map(files.map((file) => [`${source.folder}/${file.file}`, fullSize(source, file)]));
    await extract(part, temporary, expected, signal, (bytes) => onProgress(Math.min(bytes, total), total));
    const unpacked = paths.join(temporary, source.folder);
    await rm(directory, { recursive: true, force: true });
    await rename(unpacked, directory);
    await rm(part, { force: true });
  } catch (error) {
    // A whole archive that is refused will be refused again.
    if (error instanceof CifarError && error.code !== "ABORTED") await rm(part, { force: true });
    throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes the folders from `root` up to `top`, as far as there is nothing in them. */
export async function removeEmpty(root: string, top: string): Promise<void> {
  const { rmdir } = await import("node:fs/promises");
  const paths = await import("node:path");
  const end = paths.resolve(top);
  try {
    for (let folder = paths.resolve(root); folder.length >= end.length; folder = paths.dirname(folder))
      await rmdir(folder);
  } catch {
    // Something is in it, and stays.
  }
}

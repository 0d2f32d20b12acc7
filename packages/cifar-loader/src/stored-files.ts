import { bytesOf, readTarGz } from "./archive/tar-gz.js";
import { CifarError } from "./errors.js";
import { fileSize, type Place } from "./locate.js";
import { mostSize, packingsOf, type DataFile, type Packing, type Source } from "./sources.js";

/** A data file that should be there. */
export interface StoredFile extends DataFile {
  /** Its path, for messages; in an archive that of the archive, a colon, and the path there. */
  path: string;
  /** Bytes; undefined where there is no such file. */
  size: number | undefined;
  read: () => Promise<Uint8Array>;
}

/** The files of one set, in order, and the form that they have. */
export interface StoredFiles {
  packing: Packing;
  files: StoredFile[];
}

/** The files of a set, found but not read; those of an archive are read, as far as their sizes are possible. */
export const openFiles = (
  caller: string,
  source: Source,
  place: Place,
  split: "train" | "test",
): Promise<StoredFiles> =>
  place.packing === undefined
    ? openArchive(caller, source, place.path, split)
    : openFolder(place.path, place.packing, split);

async function openFolder(folder: string, packing: Packing, split: "train" | "test"): Promise<StoredFiles> {
  const { readFile } = await import("node:fs/promises");
  const paths = await import("node:path");
  const files: StoredFile[] = [];
  for (const file of packing[split]) {
    const path = paths.join(folder, file.file);
    files.push({ ...file, path, size: await fileSize(path), read: () => readFile(path) });
  }
  return { packing, files };
}

/** One pass over the archive, which ends where all files of the set have come. */
async function openArchive(
  caller: string,
  source: Source,
  archive: string,
  split: "train" | "test",
): Promise<StoredFiles> {
  const arrived = new Map<DataFile, { size: number; bytes: Uint8Array | undefined }>();
  let packing: Packing | undefined;
  for await (const entry of readTarGz(caller, archive)) {
    if (entry.type === "folder") continue;
    const name = entry.path.split("/").at(-1);
    packing ??= packingsOf(source).find(({ train, test }) => [...train, ...test].some(({ file }) => file === name));
    const file = packing?.[split].find((each) => each.file === name);
    if (packing === undefined || file === undefined) continue;
    if (arrived.has(file))
      throw new CifarError("BAD_ARCHIVE", `${caller}: expected each file once in ${archive}, got ${entry.path} twice`);
    const possible = entry.size <= mostSize(source, packing, file);
    arrived.set(file, { size: entry.size, bytes: possible ? await bytesOf(entry) : undefined });
    if (arrived.size === packing[split].length) break;
  }
  if (packing === undefined)
    throw new CifarError(
      "NOT_FOUND",
      `${caller}: expected ${archive} to hold the files of ${source.title}, got none of them`,
    );
  const { folder } = packing;
  const files = packing[split].map((file): StoredFile => ({
    ...file,
    path: `${archive}:${folder}/${file.file}`,
    size: arrived.get(file)?.size,
    read: () => Promise.resolve(arrived.get(file)?.bytes ?? new Uint8Array(0)),
  }));
  return { packing, files };
}

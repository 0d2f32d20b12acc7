import { CifarError } from "./errors.js";
import { leastSize, packingsOf, sources, type Packing, type Source } from "./sources.js";

/** Data files. */
export interface Found {
  /** Their folder, or the path of the archive that holds them; as the option `directory` of `loadCifar10` takes it. */
  directory: string;
  /** The environment variable or the cache that led here. */
  from: "environment" | "cache";
  /**
   * Whether every file of the training and the test set, or the archive, has its official size. Files of the Python version count by
   * being large enough for all records; loading counts these.
   */
  complete: boolean;
}

type Environment = Record<string, string | undefined>;

/**
 * The folder for downloads: `SGDSCOPE_CACHE_DIR`, or `sgdscope` in the platform's cache folder — `$XDG_CACHE_HOME` or `~/.cache`,
 * `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows. Node only; the folder need not exist.
 */
export async function cacheDirectory(): Promise<string> {
  const { homedir } = await import("node:os");
  return cacheDirectoryOf(process.platform, process.env, homedir());
}

export async function cacheDirectoryOf(platform: string, environment: Environment, home: string): Promise<string> {
  const paths = await import("node:path");
  const path = platform === "win32" ? paths.win32 : paths.posix;
  const own = environment["SGDSCOPE_CACHE_DIR"];
  if (own) return own;
  if (platform === "win32")
    return path.join(environment["LOCALAPPDATA"] || path.join(home, "AppData", "Local"), "sgdscope");
  if (platform === "darwin") return path.join(home, "Library", "Caches", "sgdscope");
  // The XDG specification has relative paths ignored.
  const base = environment["XDG_CACHE_HOME"];
  return path.join(base && path.isAbsolute(base) ? base : path.join(home, ".cache"), "sgdscope");
}

/**
 * Where real CIFAR-10 data is: the folder or archive that `SGDSCOPE_CIFAR10_DIR` names, else a finished download in the cache folder.
 * Node only.
 *
 * @returns `undefined` where there is none.
 * @throws CifarError NOT_FOUND if the variable is set, but no data file is there.
 */
export const findCifar10 = (): Promise<Found | undefined> => find("findCifar10", sources["cifar-10"]);

/** Where real CIFAR-100 data is; as `findCifar10`, with `SGDSCOPE_CIFAR100_DIR`. */
export const findCifar100 = (): Promise<Found | undefined> => find("findCifar100", sources["cifar-100"]);

async function find(caller: string, source: Source): Promise<Found | undefined> {
  const paths = await import("node:path");
  const named = process.env[source.variable];
  if (named) {
    const place = await locate(named, source);
    if (place === undefined)
      throw new CifarError(
        "NOT_FOUND",
        `${caller}: expected ${source.variable} to name ${filesOf(source)}, got ${named}`,
      );
    return { directory: place.path, from: "environment", complete: await isWhole(place, source) };
  }
  const directory = paths.join(await cacheDirectory(), source.folder);
  return (await isComplete(directory, source)) ? { directory, from: "cache", complete: true } : undefined;
}

/** Where the files of a data set lie: in a folder in one of the two forms, or in an archive in either. */
export type Place = { path: string; packing: Packing } | { path: string; packing: undefined };

/**
 * The files in a folder, in the folder that an archive of them has in it, or in an official archive that lies there; binary ones first.
 * A path of a file is taken for an archive.
 */
export async function locate(path: string, source: Source): Promise<Place | undefined> {
  const paths = await import("node:path");
  if ((await fileSize(path)) !== undefined) return { path, packing: undefined };
  for (const packing of packingsOf(source))
    // Keras 3 keeps the archive's folder in one that is called after it.
    for (const parts of [[], [packing.folder], [`${packing.folder}-target`, packing.folder]]) {
      const folder = paths.join(path, ...parts);
      for (const { file } of [...packing.train, ...packing.test])
        if ((await fileSize(paths.join(folder, file))) !== undefined) return { path: folder, packing };
    }
  for (const { archive } of packingsOf(source))
    if ((await fileSize(paths.join(path, archive))) !== undefined)
      return { path: paths.join(path, archive), packing: undefined };
  return undefined;
}

/** What `locate` looks for, in words. */
export const filesOf = (source: Source): string => {
  const names = packingsOf(source).flatMap(({ folder, archive }) => [folder, archive]);
  return `a folder or archive of ${source.title}, such as ${names.slice(0, -1).join(", ")} or ${names.at(-1)!}`;
};

async function isWhole({ path, packing }: Place, source: Source): Promise<boolean> {
  if (packing !== undefined) return isComplete(path, source, packing);
  const size = await fileSize(path);
  return packingsOf(source).some(({ bytes }) => bytes === size);
}

/** Whether all data files are there in full size. */
export async function isComplete(directory: string, source: Source, packing: Packing = source): Promise<boolean> {
  const paths = await import("node:path");
  for (const file of [...packing.train, ...packing.test]) {
    const size = await fileSize(paths.join(directory, file.file));
    const least = leastSize(source, packing, file);
    if (packing.format === "binary" ? size !== least : size === undefined || size < least) return false;
  }
  return true;
}

/** Size of a file, or undefined where there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  const { stat } = await import("node:fs/promises");
  try {
    const status = await stat(path);
    return status.isFile() ? status.size : undefined;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

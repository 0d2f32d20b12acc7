import { CifarError } from "./errors.js";
import { fullSize, sources, type Source } from "./sources.js";

/** A folder of data files. */
export interface Found {
  directory: string;
  /** The environment variable or the cache that led here. */
  from: "environment" | "cache";
  /** Whether every file of the training and the test set has its official size. */
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
 * Where real CIFAR-10 data is: the folder in `SGDSCOPE_CIFAR10_DIR`, else a finished download in the cache folder. Node only.
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
    const directory = await dataFolder(named, source);
    if (directory === undefined)
      throw new CifarError(
        "NOT_FOUND",
        `${caller}: expected ${source.variable} to name a folder with ${source.train[0]!.file} or ${source.test[0]!.file}, got ${named}`,
      );
    return { directory, from: "environment", complete: await isComplete(directory, source) };
  }
  const directory = paths.join(await cacheDirectory(), source.folder);
  return (await isComplete(directory, source)) ? { directory, from: "cache", complete: true } : undefined;
}

/** The folder itself or the archive's folder in it, whichever has a data file. */
export async function dataFolder(directory: string, source: Source): Promise<string | undefined> {
  const paths = await import("node:path");
  for (const folder of [directory, paths.join(directory, source.folder)])
    for (const { file } of [...source.train, ...source.test])
      if ((await fileSize(paths.join(folder, file))) !== undefined) return folder;
  return undefined;
}

/** Whether all data files are there in full size. */
export async function isComplete(directory: string, source: Source): Promise<boolean> {
  const paths = await import("node:path");
  for (const file of [...source.train, ...source.test])
    if ((await fileSize(paths.join(directory, file.file))) !== fullSize(source, file)) return false;
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

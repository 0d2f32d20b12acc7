import { importByName } from "../backend/load.js";

/** Which of TensorFlow's two packages for Node: with CUDA, or without. */
export type NativeVariant = "cpu" | "gpu";

/** npm's names of the two packages. */
export const NATIVE_PACKAGES: Record<NativeVariant, string> = {
  cpu: "@tensorflow/tfjs-node",
  gpu: "@tensorflow/tfjs-node-gpu",
};

/** What the folder of an installed variant says about itself, in `installed.json`. */
export interface Installed {
  /** TensorFlow's version. */
  tensorflow: string;
  /** Version of the npm package. */
  tfjs: string;
  /** File name and SHA-256 of the wheel that the library is from. */
  wheel: string;
  sha256: string;
}

export const MANIFEST = "installed.json";

/** By hand: a schema library would travel to every page that picks a backend. */
function isInstalled(value: unknown): value is Installed {
  if (typeof value !== "object" || value === null) return false;
  const { tensorflow, tfjs, wheel, sha256 } = value as Record<keyof Installed, unknown>;
  return (
    [tensorflow, tfjs, wheel].every((each) => typeof each === "string" && each !== "") &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/i.test(sha256)
  );
}

type Environment = Record<string, string | undefined>;

/**
 * The folder that `sgdscope-tensorflow` installs into, one subfolder a variant: `SGDSCOPE_TENSORFLOW_DIR`, else `tensorflow` in the
 * cache folder of sgdscope (`SGDSCOPE_CACHE_DIR`, else `sgdscope` in `$XDG_CACHE_HOME` or `~/.cache`). Node only; it need not exist.
 */
export async function nativeRoot(environment: Environment = process.env): Promise<string> {
  const { homedir } = (await importByName("node:os")) as typeof import("node:os");
  const path = (await importByName("node:path")) as typeof import("node:path");
  const own = environment["SGDSCOPE_TENSORFLOW_DIR"];
  if (own) return own;
  const cache = environment["SGDSCOPE_CACHE_DIR"];
  if (cache) return path.join(cache, "tensorflow");
  // The XDG specification has relative paths ignored.
  const base = environment["XDG_CACHE_HOME"];
  return path.join(base && path.isAbsolute(base) ? base : path.join(homedir(), ".cache"), "sgdscope", "tensorflow");
}

/**
 * What `sgdscope-tensorflow` has installed, without loading it.
 *
 * @param root - As `nativeRoot` gives it.
 * @returns What to import, and the versions; `undefined` if there is none, or none that was finished.
 */
export async function locateNative(
  variant: NativeVariant,
  root?: string,
): Promise<{ url: string; installed: Installed } | undefined> {
  const { readFile } = (await importByName("node:fs/promises")) as typeof import("node:fs/promises");
  const path = (await importByName("node:path")) as typeof import("node:path");
  const { pathToFileURL } = (await importByName("node:url")) as typeof import("node:url");
  const folder = path.resolve(root ?? (await nativeRoot()), variant);
  try {
    const installed: unknown = JSON.parse(await readFile(path.join(folder, MANIFEST), "utf8"));
    if (!isInstalled(installed)) return undefined;
    const entry = path.join(folder, "node_modules", NATIVE_PACKAGES[variant], "dist", "index.js");
    return { url: pathToFileURL(entry).href, installed };
  } catch {
    return undefined;
  }
}

/** True under Node (and Bun or Deno in Node mode), false in a page or a web worker. */
export const inNode = (): boolean =>
  typeof process !== "undefined" &&
  typeof (process.versions as Partial<NodeJS.ProcessVersions> | undefined)?.node === "string";

/** Imports a module by a name that bundlers cannot see, so that absent optional packages break no build. */
const importByName = (specifier: string): Promise<unknown> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);

/**
 * Loads an optional package: as this package would see it, else as the program in the working directory would.
 *
 * @param name - Package name, e.g. "@tensorflow/tfjs-node".
 * @param from - Folder whose `node_modules` (and those above it) are searched second.
 * @returns The module, or `undefined` if it is installed in neither place. An installed module that fails to load throws.
 */
export async function loadOptional(name: string, from?: string): Promise<unknown> {
  const location = await locate(name, from);
  return location === undefined ? undefined : importByName(location);
}

/**
 * Says where an optional package would be loaded from, without loading it.
 *
 * @returns A `file:` URL in Node, the bare name elsewhere; `undefined` if it is not installed.
 */
export async function locate(name: string, from?: string): Promise<string | undefined> {
  if (!inNode()) return name;
  const { createRequire } = (await importByName("node:module")) as typeof import("node:module");
  const { pathToFileURL } = (await importByName("node:url")) as typeof import("node:url");
  const bases = [import.meta.url, pathToFileURL(`${from ?? process.cwd()}/_.js`).href];
  for (const base of bases) {
    try {
      return pathToFileURL(createRequire(base).resolve(name)).href;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** True under Node (and what behaves like it), false in a page or a web worker. */
export const inNode = (): boolean =>
  typeof process !== "undefined" &&
  typeof (process.versions as Partial<NodeJS.ProcessVersions> | undefined)?.node === "string";

/** Imports a module by a name that bundlers cannot see, so that missing packages and those of Node do not break a build. */
export const importByName = (specifier: string): Promise<unknown> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);

/** Where a package was found. */
export interface Located {
  /** What to import: a `file:` URL in Node, the bare name elsewhere. */
  url: string;
  version?: string;
}

/**
 * Finds where an optional package would be loaded from, without loading it: from this package, else from a program in the
 * folder `from`.
 *
 * @param name - Package name, e.g. "@tensorflow/tfjs-node".
 * @param from - Folder whose `node_modules` (and those above it) are searched second; the working directory by default.
 * @returns `undefined` if it is installed in neither place. Outside Node the name itself, found or not.
 */
export async function locate(name: string, from?: string): Promise<Located | undefined> {
  if (!inNode()) return { url: name };
  const { createRequire } = (await importByName("node:module")) as typeof import("node:module");
  const { pathToFileURL } = (await importByName("node:url")) as typeof import("node:url");
  for (const base of [import.meta.url, pathToFileURL(`${from ?? process.cwd()}/_.js`).href]) {
    const require = createRequire(base);
    try {
      const url = pathToFileURL(require.resolve(name)).href;
      const { version } = require(`${name}/package.json`) as { version?: string };
      return { url, ...(version === undefined ? {} : { version }) };
    } catch {
      continue;
    }
  }
  return undefined;
}

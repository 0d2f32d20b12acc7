// What `npm pack` would publish, and fresh folders in which it is installed.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { published } from "./docs-pages.mjs";

const manifestOf = (folder) => JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));

/** The manifest of every published package by its name, with its `folder`. */
export const manifests = new Map(
  published.map((folder) => [manifestOf(folder).name, { folder, ...manifestOf(folder) }]),
);

/** Packs every published package into the folder `scratch`; returns how a dependency names each tarball, `file:…`, by package. */
export function pack(scratch) {
  const tarballs = new Map();
  for (const [name, { folder }] of manifests) {
    const [packed] = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--pack-destination", scratch], {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"],
      }),
    );
    tarballs.set(name, `file:${resolve(scratch, packed.filename)}`);
  }
  return tarballs;
}

/** Makes `directory` and installs `dependencies` there, with `overrides` where packages depend on each other; peers come by npm itself. */
export function install(directory, dependencies, overrides) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies, overrides }),
  );
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], {
    cwd: directory,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

// Which page of docs/ belongs to which package: docs/<folder of the package>.md does, and so does every page whose
// first line is `<!-- package: <folder> -->`. All other pages belong to none.
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Folders of everything that is published to npm: packages/* and the command line. */
export const published = [...readdirSync("packages").map((name) => `packages/${name}`), "apps/cli"].filter(
  (folder) =>
    existsSync(`${folder}/package.json`) && JSON.parse(readFileSync(`${folder}/package.json`, "utf8")).private !== true,
);

/** `{ page, folder }` of every page in docs/, in alphabetical order; `folder` is undefined where it belongs to no package. */
export const docsPages = readdirSync("docs")
  .filter((file) => file.endsWith(".md"))
  .sort()
  .map((file) => {
    const page = `docs/${file}`;
    const [, front] = /^<!-- package: (.*?) -->/.exec(readFileSync(page, "utf8")) ?? [];
    const name = front ?? file.slice(0, -".md".length);
    const folder = published.find((each) => each.split("/")[1] === name);
    if (front !== undefined && folder === undefined) throw new Error(`${page}:1: there is no package "${front}"`);
    return { page, folder };
  });

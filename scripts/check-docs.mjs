// Checks what people read, and names file and line of everything that is wrong:
// 1. README.md and packages/*/README.md have at most 130 lines, and each package README links to docs/<package>.md.
//    (READMEs of apps are manuals of their own.)
// 2. In tables of a package README or of a page that belongs to a package (see docs-pages.mjs), every code span in a
//    column named "function" or "functions" starts with an export of that package, from any of its entry files. Two
//    other spans are allowed there: `.member` of what stands before it, and the name of an entry, `@sgdscope/…`.
// 3. Links in README.md, CONTRIBUTING.md, docs/ and the READMEs lead to files and headings that exist, absolute links to
//    this repository too. Links in the README of a published package are absolute, for npm shows that README alone.
// 4. docs/README.md links to every page of docs/.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { docsPages, published } from "./docs-pages.mjs";

const mostLines = 130;
const repository = /^https:\/\/github\.com\/sgdscope\/sgdscope\/(?:blob|tree)\/main\//;
const problems = [];
const complain = (file, line, text) => problems.push(`${file}:${line}: ${text}`);

const packageReadmes = readdirSync("packages").map((name) => `packages/${name}/README.md`);
const appReadmes = readdirSync("apps").map((name) => `apps/${name}/README.md`);
const pages = docsPages.map(({ page }) => page);
const texts = ["README.md", "CONTRIBUTING.md", ...pages, ...packageReadmes, ...appReadmes.filter(existsSync)];

for (const file of ["README.md", ...packageReadmes]) {
  const count = linesOf(file).length;
  if (count > mostLines) complain(file, mostLines + 1, `has ${count} lines, at most ${mostLines} are allowed`);
}
for (const readme of packageReadmes) {
  const page = `docs/${readme.split("/")[1]}.md`;
  if (!linksOf(readme).some(({ target }) => target.replace(repository, "") === page))
    complain(readme, 1, `does not link to https://github.com/sgdscope/sgdscope/blob/main/${page}`);
}
for (const { page, folder } of docsPages) checkFunctions(page, folder);
for (const readme of packageReadmes) checkFunctions(readme, dirname(readme));
for (const file of texts) for (const link of linksOf(file)) checkLink(file, link);
const indexed = new Set(linksOf("docs/README.md").map(({ target }) => `docs/${target.split("#")[0]}`));
for (const page of pages)
  if (page !== "docs/README.md" && !indexed.has(page)) complain("docs/README.md", 1, `does not link to ${page}`);

for (const problem of problems) console.error(problem);
console.log(`${texts.length} texts, ${problems.length} problem${problems.length === 1 ? "" : "s"}`);
process.exit(problems.length === 0 ? 0 : 1);

/** The lines of a file, without the empty one after the last line break. */
function linesOf(file) {
  return readFileSync(file, "utf8").replace(/\n$/, "").split("\n");
}

/** The lines of a text as `{ line, text }`, with those of code blocks left empty. */
function proseOf(file) {
  let fenced = false;
  return linesOf(file).map((text, index) => {
    const fence = /^\s*```/.test(text);
    if (fence) fenced = !fenced;
    return { line: index + 1, text: fenced || fence ? "" : text };
  });
}

/** Links and images of a text, as `{ line, target }`. */
function linksOf(file) {
  return proseOf(file).flatMap(({ line, text }) =>
    [...text.replace(/`[^`]*`/g, "").matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].map(([, target]) => ({
      line,
      target,
    })),
  );
}

function checkLink(file, { line, target }) {
  const own = repository.test(target);
  if (!own && /^[a-z]+:/.test(target)) return;
  if (!own && !target.startsWith("#") && published.includes(dirname(file)))
    return complain(file, line, `npm cannot follow the relative link ${target}; use https://github.com/sgdscope/…`);
  const [path, heading] = target.replace(repository, "").split("#");
  const found = own ? path : path === "" ? file : normalize(join(dirname(file), decodeURIComponent(path)));
  if (!existsSync(found)) return complain(file, line, `${found} does not exist`);
  if (heading !== undefined && !headingsOf(found).includes(heading))
    complain(file, line, `${found} has no heading #${heading}`);
}

/** Anchors of the headings of a text, as GitHub makes them; a repeated heading gets -1, -2, … */
function headingsOf(file) {
  const seen = new Map();
  return proseOf(file).flatMap(({ text }) => {
    const [, title] = /^#{1,6} (.*)$/.exec(text) ?? [];
    if (title === undefined) return [];
    const anchor = title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return [count === 0 ? anchor : `${anchor}-${count}`];
  });
}

function checkFunctions(file, folder) {
  let columns;
  for (const { line, text } of proseOf(file)) {
    if (!text.startsWith("|")) {
      columns = undefined;
      continue;
    }
    const cells = text
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (columns === undefined) {
      columns = cells.flatMap((cell, index) => (/^functions?$/.test(cell) ? [index] : []));
      if (columns.length > 0 && folder === undefined)
        complain(file, line, "names functions, but belongs to no package: begin the page with <!-- package: … -->");
      continue;
    }
    if (folder === undefined) continue;
    for (const column of columns) {
      // What follows `/entry` in a cell comes from that entry.
      let from;
      for (const [, span] of (cells[column] ?? "").matchAll(/`([^`]+)`/g))
        if (span.startsWith("/")) from = entryNamed(file, line, span, folder);
        else checkSpan(file, line, span, folder, from);
    }
  }
}

function entryNamed(file, line, span, folder) {
  const found = entriesOf(folder).find(({ name }) => name.endsWith(span));
  if (found === undefined) complain(file, line, `${span} is no entry of ${folder}`);
  return found;
}

function checkSpan(file, line, span, folder, from) {
  if (span.startsWith("@")) {
    if (!entriesOf(folder).some(({ name }) => name === span)) complain(file, line, `${span} is no entry of ${folder}`);
    return;
  }
  const [, dot, name] = /^(\.?)([A-Za-z_$][\w$]*)/.exec(span) ?? [];
  if (name === undefined) return complain(file, line, `\`${span}\` does not begin with the name of a function`);
  if (dot === "." && !sourcesOf(folder).some((text) => new RegExp(`\\b${name}\\b`).test(text)))
    return complain(file, line, `${folder} has no member .${name}`);
  const entries = from === undefined ? entriesOf(folder) : [from];
  if (dot === "" && !entries.some(({ exports }) => exports.has(name)))
    complain(file, line, `${from?.name ?? folder} does not export ${name}`);
}

/** Entries of a package from the `exports` of its package.json, as `{ name, exports }`. */
function entriesOf(folder) {
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  return Object.entries(manifest.exports).flatMap(([key, target]) =>
    target["sgdscope-source"] === undefined
      ? []
      : [{ name: join(manifest.name, key), exports: exportsOf(join(folder, target["sgdscope-source"])) }],
  );
}

/** Names that a TypeScript file exports, through `export … from` of its siblings too. */
function exportsOf(file) {
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const names = new Set();
  for (const [, list] of text.matchAll(/^export (?:type )?\{([^}]*)\}/gm))
    for (const item of list.split(",")) {
      const name = item.trim().split(/\s+/).at(-1);
      if (name !== "") names.add(name);
    }
  for (const [, name] of text.matchAll(
    /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type|enum) ([A-Za-z_$][\w$]*)/gm,
  ))
    names.add(name);
  for (const [, source] of text.matchAll(/^export (?:type )?\* from "(\.[^"]*)"/gm))
    for (const name of exportsOf(join(dirname(file), source.replace(/\.js$/, ".ts")))) names.add(name);
  return names;
}

/** The source texts of a package. */
function sourcesOf(folder) {
  return readdirSync(`${folder}/src`, { recursive: true })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(folder, "src", file), "utf8"));
}

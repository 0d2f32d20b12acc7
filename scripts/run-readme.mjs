// Runs every package README, and the pages of docs/ that belong to the package, against packed tarballs in a fresh
// folder: the package, its dependencies and its peers are installed from what `npm pack` would publish, each ```js block
// runs in Node, each ```sh block in a shell, and what is printed is compared with the `// → …` comments, in order.
// A page belongs to a package if it is docs/<folder of the package>.md or if its first line is
// `<!-- package: <folder> -->`; other pages are skipped. A README must show an example, a page need not.
// Needs `npm run build` first. `node scripts/run-readme.mjs autodiff sgd` runs only these packages.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docsPages } from "./docs-pages.mjs";
import { install, manifests, pack } from "./packed.mjs";

const scratch = mkdtempSync(join(tmpdir(), "sgdscope-readme-"));
const wanted = process.argv.slice(2);

const tarballs = pack(scratch);

let failures = 0;
for (const [name, manifest] of manifests) {
  if (wanted.length > 0 && !wanted.includes(manifest.folder.split("/")[1])) continue;
  const readme = `${manifest.folder}/README.md`;
  if (!existsSync(readme)) {
    failures++;
    console.error(`✗ ${name}: no README.md`);
    continue;
  }
  const blocks = textsOf(name).flatMap(({ file, text }) => blocksOf(file, text));
  if (!blocks.some(({ at }) => at.startsWith(readme))) {
    failures++;
    console.error(`✗ ${name}: README.md shows no runnable example`);
    continue;
  }
  const directory = join(scratch, manifest.folder.replace("/", "-"));
  installWithSiblings(directory, name);
  const problems = blocks.flatMap((block, index) => runBlock(directory, block, index));
  rmSync(directory, { recursive: true, force: true });
  if (problems.length > 0) failures++;
  console.log(
    `${problems.length === 0 ? "✓" : "✗"} ${name}: ${blocks.length} example${blocks.length === 1 ? "" : "s"}`,
  );
  for (const problem of problems) console.error(problem);
}
rmSync(scratch, { recursive: true, force: true });
process.exit(failures === 0 ? 0 : 1);

/** Installs the tarball and, as overrides, those of its siblings. */
function installWithSiblings(directory, name) {
  const siblings = closure(name);
  const wantedBy = { ...manifests.get(name).peerDependencies };
  for (const optional of Object.keys(manifests.get(name).peerDependenciesMeta ?? {})) {
    if (!usesImport(name, optional)) delete wantedBy[optional];
  }
  for (const used of ["@tensorflow/tfjs", "@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"])
    if (usesImport(name, used)) wantedBy[used] = "4.22.0";
  // What else an example needs, such as a DOM to draw in, is a development dependency of the package.
  for (const [used, version] of Object.entries(manifests.get(name).devDependencies ?? {}))
    if (!manifests.has(used) && usesImport(name, used)) wantedBy[used] ??= version;
  const named = usedSiblings(name);
  const file = (sibling) => [sibling, tarballs.get(sibling)];
  install(
    directory,
    { ...wantedBy, ...Object.fromEntries([name, ...named].map(file)) },
    Object.fromEntries(siblings.filter((s) => s !== name && !named.includes(s)).map(file)),
  );
}

/** README and pages of a package, as `{ file, text }`. */
function textsOf(name) {
  const { folder } = manifests.get(name);
  const pages = docsPages.filter((each) => each.folder === folder).map(({ page }) => page);
  return [`${folder}/README.md`, ...pages].map((file) => ({ file, text: readFileSync(file, "utf8") }));
}

/** The runnable examples of a text, as `{ at, language, code }`; `at` is file and line. */
function blocksOf(file, text) {
  return [...text.matchAll(/^```(js|sh)\n([\s\S]*?)^```$/gm)].map(({ index, 1: language, 2: code }) => ({
    at: `${file}:${text.slice(0, index).split("\n").length}`,
    language,
    code,
  }));
}

/** Whether a runnable example imports the package `imported`. */
function usesImport(name, imported) {
  return textsOf(name)
    .flatMap(({ file, text }) => blocksOf(file, text))
    .some(({ language, code }) => language === "js" && code.includes(`"${imported}"`));
}

/** Sibling packages that the examples import beside the package itself. */
function usedSiblings(name) {
  const texts = textsOf(name).map(({ text }) => text);
  return [...manifests.keys()].filter(
    (sibling) =>
      sibling !== name && texts.some((text) => new RegExp(`^(import|\\}) .*"${sibling}(/[\\w-]+)?"`, "m").test(text)),
  );
}

/** The package, the siblings its examples import and all their sibling dependencies. */
function closure(name) {
  const seen = new Set();
  const visit = (current) => {
    if (seen.has(current) || !manifests.has(current)) return;
    seen.add(current);
    Object.keys(manifests.get(current).dependencies ?? {}).forEach(visit);
  };
  visit(name);
  usedSiblings(name).forEach(visit);
  return [...seen];
}

function runBlock(directory, { at, language, code }, index) {
  const file = join(directory, `example-${index + 1}.${language === "js" ? "mjs" : "sh"}`);
  writeFileSync(file, code);
  const { status, stdout, stderr } = spawnSync(language === "js" ? "node" : "sh", [file], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, PATH: `${join(directory, "node_modules/.bin")}:${process.env.PATH}` },
  });
  if (status !== 0) return [`  ${at}: the example ended with ${status}:\n${stderr}`];
  if (language !== "js") return [];
  const expected = [...code.matchAll(/(?:\/\/|^#) → (.*)$/gm)].map(([, line]) => line.trim());
  const printed =
    stdout.trim() === ""
      ? []
      : stdout
          .trim()
          .split("\n")
          .map((line) => line.trim());
  if (expected.length === printed.length && expected.every((line, i) => line === printed[i])) return [];
  return [`  ${at}: the example printed\n    ${printed.join("\n    ")}\n  but says\n    ${expected.join("\n    ")}`];
}

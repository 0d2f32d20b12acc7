import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { matchers } from "@sgdscope/testing";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { dumpDocument, findChromium } from "./browser/chromium.js";
import { theory } from "./browser/theory.js";

expect.extend(matchers);

const chromium = findChromium();
if (chromium === undefined)
  console.warn(
    "browser.soak.test.ts skips: no chromium, chromium-browser or google-chrome on PATH, and CHROMIUM is not set.",
  );

/** Numbers as JSON: a page shows them as text, and Infinity survives. */
const entry = `
  import { theory } from "./theory.js";
  document.body.textContent = JSON.stringify(theory(), (key, value) => (value === Infinity ? "Infinity" : value));
`;
const infinite = (_key: string, value: unknown): unknown => (value === "Infinity" ? Infinity : value);

let script: string;
let modules: string[];
let here: ReturnType<typeof theory>;

beforeAll(async () => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: entry, loader: "ts", resolveDir: fileURLToPath(new URL("./browser", import.meta.url)) },
    bundle: true,
    write: false,
    metafile: true,
    format: "iife",
    platform: "browser", // refuses modules of Node
    target: "es2022",
    conditions: ["sgdscope-source"],
    logLevel: "silent",
  });
  script = outputFiles[0]!.text;
  modules = Object.keys(metafile.inputs);
  here = theory();
}, 120_000);

test("the theory packages are bundled for a page from their sources, without TensorFlow.js", () => {
  for (const room of ["noise-structure", "stability-criterion", "models-rfm", "linear-algebra", "random"])
    expect(modules.some((path) => path.includes(`packages/${room}/src/`))).toBe(true);
  expect(modules.filter((path) => path.includes("@tensorflow"))).toEqual([]);
});

describe.skipIf(chromium === undefined)("in Chromium", () => {
  let page: ReturnType<typeof theory>;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "page-"));
    try {
      const file = join(folder, "page.html");
      await writeFile(join(folder, "page.js"), script);
      await writeFile(file, `<!doctype html><meta charset="utf-8"><body><script src="page.js"></script></body>`);
      const html = await dumpDocument(chromium!, pathToFileURL(file).href, { timeout: 170_000 });
      const json = /<body>(\{.*\})\s*<\/body>/s.exec(html)?.[1];
      if (json === undefined) throw new Error(`expected a page with JSON in its body, got ${html.slice(0, 2000)}`);
      page = JSON.parse(json, infinite) as typeof page;
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 180_000);

  test("a system of three examples has the noise and the thresholds known of it", () => {
    const { alignment, range, thresholds } = page.small;
    expect(alignment![0]).toBeAllclose(79 / 102, { relative: 1e-12, absolute: 0 });
    expect(range![2]).toBeAllclose(15 / 34, { relative: 1e-12, absolute: 0 });
    expect(thresholds).toBeAllclose([0.572340172017, 0.937005453848], { relative: 1e-11, absolute: 0 });
  });

  test.each(["small", "randomFeatures"] as const)("every number of %s is that of Node, to 1e-12 of it", (name) => {
    expect(Object.keys(page[name])).toEqual(Object.keys(here[name]));
    for (const [quantity, numbers] of Object.entries(here[name])) {
      expect(numbers, quantity).not.toContain(NaN);
      expect(page[name][quantity], quantity).toBeAllclose(numbers, { relative: 1e-12, absolute: 0 });
    }
  });
});

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractConfiguration from "dependency-cruiser/config-utl/extract-depcruise-config";
import { onTestFinished, expect, it } from "vitest";

/** What the rules find in these files: the rule, and where from and to. */
async function violations(files: Record<string, string>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "sgdscope-circles-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const { forbidden = [], options = {} } = await extractConfiguration(
    fileURLToPath(new URL("../../.dependency-cruiser.mjs", import.meta.url)),
  );
  const { output } = await cruise(Object.keys(files), {
    ...options,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden },
  });
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

const b = 'import { a } from "./a.js";\nexport type B = typeof a;\nexport const b = 1;\n';

it.each([
  ["import", 'import { b } from "./b.js";\nexport const a = b;\n'],
  ["import type", 'import type { B } from "./b.js";\nexport const a = 1 as B;\n'],
  ["import of a type among others", 'import { type B } from "./b.js";\nexport const a = 1 as B;\n'],
  ["import()", 'export const a = (): Promise<unknown> => import("./b.js");\n'],
  ["import() of a type", 'export const a = 1 as import("./b.js").B;\n'],
  ["export from", 'export { b } from "./b.js";\nexport const a = 1;\n'],
])("%s closes a circle", async (_, a) => {
  expect(await violations({ "a.ts": a, "b.ts": b })).toEqual(["no-circle: a.ts → b.ts"]);
});

it("no circle is none", async () => {
  expect(await violations({ "a.ts": "export const a = 1;\n", "b.ts": b })).toEqual([]);
});

it("a file that is not there is refused, since it could hide a circle", async () => {
  expect(await violations({ "b.ts": b })).toEqual(["found: b.ts → ./a.js"]);
});

it("commands of the CLI import shared folders, not each other, and shared folders no command", async () => {
  const at = (path: string): string => `apps/cli/src/${path}.ts`;
  const found = await violations({
    [at("data/index")]: 'export * from "./run.js";\nexport * from "../query/run.js";\n',
    [at("data/run")]: 'export * from "../terminal/table.js";\nexport * from "../version.js";\n',
    [at("query/run")]: "export const run = 1;\n",
    [at("terminal/table")]: 'export type * from "../query/run.js";\n',
    [at("query/late")]: 'export const late = () => import("../program.js");\n',
    [at("program")]: "export const program = 1;\n",
    [at("version")]: "export const version = 1;\n",
  });
  expect(found.sort()).toEqual([
    `cli-commands: ${at("data/index")} → ${at("query/run")}`,
    `cli-program: ${at("query/late")} → ${at("program")}`,
    `cli-terminal: ${at("terminal/table")} → ${at("query/run")}`,
  ]);
});

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The fast tests of the package that is mutated, from sources, held by one session.
const name = process.env["SGDSCOPE_MUTATE"];
const conditions = ["sgdscope-source", "node", "import", "module", "default"];
const sources = fileURLToPath(new URL(`packages/${name}/src/`, import.meta.url));

export default defineConfig({
  resolve: {
    conditions,
    // node_modules is linked into the copy that is mutated, and its workspaces point to the originals.
    alias: [
      { find: new RegExp(`^@sgdscope/${name}$`), replacement: `${sources}index.ts` },
      { find: new RegExp(`^@sgdscope/${name}/(.+)$`), replacement: `${sources}$1.ts` },
    ],
  },
  ssr: { resolve: { conditions } },
  plugins: [
    {
      // Which tests run which mutants is known before the first is active, and counting it is dear in inner loops.
      name: "count-no-coverage-of-mutants",
      transform: (code) =>
        code.replace("function cover() {", "function cover() { if (ns.activeMutant !== undefined) return;"),
    },
  ],
  test: {
    testTimeout: 60_000,
    include: ["tooling/mutation/session.ts"],
    bail: 1,
  },
});

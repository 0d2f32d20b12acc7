import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The fast tests of the package that is mutated, from sources.
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
  test: {
    testTimeout: 60_000,
    include: [`packages/${name}/test/**/*.test.ts`],
    exclude: ["**/*.soak.test.ts"],
  },
});

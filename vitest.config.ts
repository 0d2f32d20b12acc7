import { existsSync, readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

// Tests import sibling packages by name and get their sources: nothing needs building first.
const conditions = ["sgdscope-source", "node", "import", "module", "default"];
const roots = ["packages", "apps"].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: roots
      .filter((root) => existsSync(`${root}/test`))
      .map((root) => ({
        extends: true as const,
        root,
        test: { name: root.split("/")[1]!, include: ["test/**/*.test.ts"] },
      })),
    coverage: { provider: "v8", include: ["packages/*/src/**"] },
  },
});

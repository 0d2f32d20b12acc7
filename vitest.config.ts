import { existsSync, readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

// Tests import sibling packages by name and get their sources: nothing needs building first.
const conditions = ["sgdscope-source", "node", "import", "module", "default"];
const roots = ["packages", "apps"].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
// Numbers alone: one file leaves nothing behind that another could see, so files share a process.
const stateless = /(random|linear-algebra|array-files|noise-structure|hessian-estimators|stability-criterion)$/;

// `--mode all` adds what takes long: *.soak.test.ts, and repetitions (tooling/soak.ts).
export default defineConfig(({ mode }) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest leaves one core to itself, which of two is half.
    maxWorkers: "100%",
    projects: roots
      .filter((root) => existsSync(`${root}/test`))
      .map((root) => ({
        extends: true as const,
        root,
        test: {
          name: root.split("/")[1]!,
          include: ["test/**/*.test.ts"],
          exclude: mode === "all" ? [] : ["test/**/*.soak.test.ts"],
          isolate: !stateless.test(root),
          env:
            mode === "all"
              ? { SGDSCOPE_TESTS: "all" }
              : { SGDSCOPE_BACKENDS: process.env["SGDSCOPE_BACKENDS"] ?? "cpu,wasm" },
        },
      })),
    coverage: { provider: "v8", include: ["packages/*/src/**"] },
  },
}));

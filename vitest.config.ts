import { existsSync, readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

// Tests import sibling packages by name and get their sources: nothing needs building first.
const conditions = ["sgdscope-source", "node", "import", "module", "default"];

// No module of these keeps state that one test file could leave behind for another, so files share a process and its modules.
const stateless = [
  ...["random", "linear-algebra", "array-files", "cifar-loader", "models-rfm"],
  ...["noise-structure", "hessian-estimators", "stability-criterion", "result-files", "figures", "web"],
];

/** The tests of a package; all of them, or those that are fast. */
function project(root: string, name: string, all: boolean) {
  return {
    extends: true as const,
    root,
    test: {
      name,
      include: ["test/**/*.test.ts"],
      exclude: all ? [] : ["test/**/*.soak.test.ts"],
      isolate: !stateless.includes(name),
      // Read by tooling/soak.ts, and by backendsUnderTest of @sgdscope/compute.
      env: all ? { SGDSCOPE_TESTS: "all" } : { SGDSCOPE_BACKENDS: process.env["SGDSCOPE_BACKENDS"] ?? "cpu,wasm" },
    },
  };
}

// `vitest` runs the fast tests, `vitest --mode all` every test.
export default defineConfig(({ mode }) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest leaves one core to itself, which of two is half.
    maxWorkers: "100%",
    projects: ["packages", "apps"]
      .flatMap((folder) => readdirSync(folder).map((name) => ({ root: `${folder}/${name}`, name })))
      .concat({ root: "tooling", name: "tooling" })
      .filter(({ root }) => existsSync(`${root}/test`))
      .map(({ root, name }) => project(root, name, mode === "all")),
    coverage: { provider: "v8", include: ["packages/*/src/**"] },
  },
}));

import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig({
  base: "./",
  // Sibling packages come from their sources: nothing needs building first.
  resolve: { conditions: ["sgdscope-source", ...defaultClientConditions] },
  worker: { format: "es" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022" },
});

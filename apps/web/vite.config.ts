import { defaultClientConditions, defineConfig, type Plugin } from "vite";

/** Packages reach for files and folders of Node by dynamic import, on ways that no page takes: an empty module stands there. */
const withoutNode = (): Plugin => ({
  name: "without-node",
  enforce: "pre",
  resolveId: (id) => (id.startsWith("node:") ? "\0without-node" : undefined),
  load: (id) => (id === "\0without-node" ? "export default {};" : undefined),
});

export default defineConfig({
  base: "./",
  // Sibling packages come from their sources: nothing needs building first.
  resolve: { conditions: ["sgdscope-source", ...defaultClientConditions] },
  plugins: [withoutNode()],
  worker: { format: "es", plugins: () => [withoutNode()] },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", rolldownOptions: { input: ["index.html", "claims.html"] } },
});

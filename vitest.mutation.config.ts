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
      // Inner loops ask which mutant is active and count who runs which. By numbers, into a typed array, that is several times as fast as
      // Stryker's way by texts; once a mutant is active nothing is counted.
      name: "mutants-by-number",
      transform: (code) =>
        code
          .replace(
            "function cover() {",
            `function cover() {
              var counts = ns.counts;
              if (counts !== undefined) {
                for (var k = 0; k < arguments.length; k++) counts[arguments[k]]++;
                return;
              }
              if (ns.activeMutant !== undefined) return;`,
          )
          .replaceAll(/stry(?:Cov|MutAct)_9fa48\(["\d,\s]+\)/g, (call) => call.replaceAll('"', "")),
    },
  ],
  test: {
    // The runner watches over the time that tests take.
    testTimeout: 0,
    include: ["tooling/mutation/session.ts"],
    bail: 1,
  },
});

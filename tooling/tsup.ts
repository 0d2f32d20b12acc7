import { defineConfig, type Options } from "tsup";

/** One build for every published package: ESM, types, source maps. */
export const library = (options: Options = {}): ReturnType<typeof defineConfig> =>
  defineConfig({
    entry: ["src/index.ts"],
    format: ["esm"],
    target: "es2022",
    platform: "neutral",
    sourcemap: true,
    clean: true,
    treeshake: true,
    // tsup sets `baseUrl` for its declaration build, which TypeScript 6 deprecates. A package's own `#imports` are only being built.
    dts: {
      compilerOptions: { ignoreDeprecations: "6.0", customConditions: [], noUncheckedSideEffectImports: false },
    },
    ...options,
  });

// What imports may not do, `import type` and `import()` included: form circles, or point against the arrows of the CLI.
// (Arrows between packages are in eslint.config.js.)

/** Which folders of apps/cli/src each shared one may import. */
const shared = {
  terminal: [],
  options: ["terminal"],
  report: ["terminal"],
  sources: ["options", "terminal"],
  workers: ["options"],
};
/** A command may import these, and no other command. */
const anyShared = `(?:${Object.keys(shared).join("|")})`;

const cliArrows = [
  ...Object.entries(shared).map(([folder, allowed]) => ({
    name: `cli-${folder}`,
    severity: "error",
    from: { path: `^apps/cli/src/${folder}/` },
    to: { path: "^apps/cli/src/[^/]+/", pathNot: `^apps/cli/src/(${[folder, ...allowed].join("|")})/` },
  })),
  {
    name: "cli-commands",
    severity: "error",
    from: { path: `^apps/cli/src/(?!${anyShared}/)([^/]+)/` },
    to: {
      path: "^apps/cli/src/[^/]+/",
      // measure prints an analysis as analyze does.
      pathNot: ["^apps/cli/src/$1/", `^apps/cli/src/${anyShared}/`, "^apps/cli/src/analyze/text\\.ts$"],
    },
  },
  {
    name: "cli-program",
    severity: "error",
    from: { path: "^apps/cli/src/[^/]+/" },
    to: { path: "^apps/cli/src/(main|program)\\.ts$" },
  },
];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
    // A file that is not found could hide a circle.
    { name: "found", severity: "error", from: {}, to: { couldNotResolve: true, path: "^(\\.|@sgdscope/)" } },
    ...cliArrows,
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["sgdscope-source", "node", "import", "module", "default", "types"],
    },
  },
};

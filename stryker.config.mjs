// Mutation tests of one package: `npm run mutate -- hessian-estimators`. Mutants are judged by the package's own fast tests.
// They run in a copy of the repository, in which vitest.mutation.config.ts finds the mutated package.
const name = process.env["SGDSCOPE_MUTATE"];

/** @type {import("@stryker-mutator/core").StrykerOptions} */
export default {
  testRunner: "loaded-vitest",
  plugins: ["./tooling/mutation/runner.mjs"],
  ignorers: ["messages"],
  // Without a package, as unused-code checks load this file, there is nothing to mutate.
  mutate: name ? [`packages/${name}/src/**/*.ts`, `!packages/${name}/src/index.ts`] : [],
  // Mutants switch at run time, so sources stay as they are for the tests that read them.
  disableTypeChecks: false,
  ignorePatterns: ["/runs", "/reports", "/coverage", "**/dist", "**/.turbo"],
  coverageAnalysis: "perTest",
  concurrency: 1,
  ignoreStatic: true,
  reporters: ["clear-text", "html", "json", "progress"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: `reports/mutation/${name}.html` },
  jsonReporter: { fileName: `reports/mutation/${name}.json` },
  tempDirName: "node_modules/.cache/stryker",
  // The runner has limits of its own, in processor time; these are for what waits forever.
  timeoutFactor: 10,
  timeoutMS: 120_000,
  // All tests of a package, instrumented, on a busy machine.
  dryRunTimeoutMinutes: 60,
  // scripts/mutate.mjs judges.
  thresholds: { high: 95, low: 85, break: null },
};

// Everything that must hold before a change is merged, step by step; ends with "N passed, N failed".
// `node scripts/check.mjs lint types` runs only the named steps.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const scratch = mkdtempSync(join(tmpdir(), "sgdscope-check-"));
const report = join(scratch, "vitest.json");
const companionReport = join(scratch, "companion.json");
const steps = [
  ["format", "npx prettier --check . --log-level warn"],
  ["lint", "npx eslint . --cache --cache-location node_modules/.cache/eslint/"],
  ["circles", "npm run --silent circles"],
  ["types", "npx tsc -p . && npx tsc -p apps/web"],
  ["tests", `npx vitest run --mode all --reporter=default --reporter=json --outputFile.json=${report}`],
  ["companion", `node scripts/companion.mjs check ${companionReport}`],
  ["build", "npx turbo run build --output-logs=errors-only"],
  ["packages", "npx turbo run pack:check --concurrency=2 --output-logs=errors-only"],
  ["readmes", "node scripts/run-readme.mjs"],
  ["install", "node scripts/check-install.mjs"],
  ["docs", "node scripts/check-docs.mjs"],
  ["unused", "npx knip"],
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some(([step]) => step === name));
if (unknown.length > 0) {
  console.error(`check: unknown step ${unknown.join(", ")}; there are ${steps.map(([name]) => name).join(", ")}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
const lines = [];
const untested = [process.env.SGDSCOPE_NOT_TESTED].filter(Boolean);
for (const [name, command] of steps) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n— ${name}: ${command}`);
  const start = Date.now();
  const { status } = spawnSync(command, {
    shell: true,
    stdio: "inherit",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  });
  let counts = status === 0 ? [1, 0] : [0, 1];
  if (name === "tests") counts = testCounts(status);
  if (name === "companion") counts = companionCounts(status);
  passed += counts[0];
  failed += counts[1];
  lines.push(
    `${status === 0 ? "✓" : "✗"} ${name.padEnd(10)} ${((Date.now() - start) / 1000).toFixed(0).padStart(4)} s`,
  );
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${lines.join("\n")}\n`);
const { SGDSCOPE_BACKENDS: backends } = process.env;
if (backends) console.log(`Backends under test: ${backends}`);
if (untested.length > 0) console.log(`NOT TESTED: ${untested.join("; ")}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Tests passed and failed; a run that died before its report, or ran nothing, counts as one failure. */
function testCounts(status) {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, "utf8"));
    const broken = numFailedTests + (numFailedTests === 0 ? numFailedTestSuites : 0);
    if (numPassedTests === 0) return [0, Math.max(1, broken)];
    return [numPassedTests, status === 0 ? broken : Math.max(1, broken)];
  } catch {
    return [0, 1];
  }
}

/** Tests of the Python package, and its build; where no Python has PyTorch nothing is counted, and the last lines say so. */
function companionCounts(status) {
  try {
    const counts = JSON.parse(readFileSync(companionReport, "utf8"));
    untested.push(...counts.untested);
    return [counts.passed, status === 0 ? counts.failed : Math.max(1, counts.failed)];
  } catch {
    return [0, 1];
  }
}

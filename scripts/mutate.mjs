// `npm run mutate -- <package> [file]`: mutation tests of a package, or of one of its files (a path under src); minutes to hours.
// `--tests diagonal` runs those tests alone whose path fits the regular expression: fewer are killed, and sooner. `--sample 0.2` runs a random fifth of the mutants that tests reach (`--seed`, default 1), which gives the score within an interval.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const fail = (problem) => {
  console.error(`mutate: ${problem}`);
  process.exit(2);
};
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    tests: { type: "string", default: "" },
  },
});
const [name, file, ...rest] = positionals;
const { sample, seed, tests } = values;
if (!name || !existsSync(`packages/${name}/src`) || rest.length > 0)
  fail(`expected the name of a package with sources, such as hessian-estimators, got ${name ?? "none"}`);
if (file && !existsSync(`packages/${name}/src/${file}`))
  fail(`expected a path under packages/${name}/src, got ${file}`);
if (!(Number(sample) > 0 && Number(sample) <= 1)) fail(`expected --sample above 0 and at most 1, got ${sample}`);

const { status } = spawnSync(
  "npx",
  ["stryker", "run", "stryker.config.mjs", ...(file ? ["--mutate", `packages/${name}/src/${file}`] : [])],
  {
    stdio: "inherit",
    env: {
      ...process.env,
      SGDSCOPE_MUTATE: name,
      SGDSCOPE_MUTATE_TESTS: tests,
      SGDSCOPE_MUTATE_SHARE: sample,
      SGDSCOPE_MUTATE_SEED: seed,
    },
  },
);
if (status !== 0) process.exit(status ?? 1);

const report = JSON.parse(readFileSync(`reports/mutation/${name}.json`, "utf8"));
const mutants = Object.values(report.files).flatMap((each) => each.mutants);
const count = (...states) => mutants.filter((each) => states.includes(each.status)).length;
const killed = count("Killed", "Timeout");
const survived = count("Survived");
const uncovered = count("NoCoverage");
const covered = killed + survived + count("RuntimeError");
// What no test reaches is known of every mutant, the rest of those that were drawn.
const reached = covered / (covered + uncovered);
const share = killed / (killed + survived);
const score = 100 * reached * share;
const error = sample === "1" ? 0 : 196 * reached * Math.sqrt((share * (1 - share)) / (killed + survived));
console.log(
  `${name}: ${score.toFixed(1)} %${error > 0 ? ` ± ${error.toFixed(1)} (95 %)` : ""} of ${covered + uncovered} mutants: ` +
    `${killed} killed, ${count("Timeout")} of them by a limit, ${survived} survived, ${uncovered} that no test reaches`,
);
if (score < 85) process.exit(1);

// The Python package of packages/pytorch-companion: `build` makes its wheel and sdist, `test` runs its pytest, `check` does both
// and writes `{ passed, failed, untested }` to the file that is named behind it. Python is that of SGDSCOPE_PYTHON, of the folder
// in which .ci/run keeps one, or `python3`. Where none has PyTorch, "NOT TESTED" is said and nothing fails.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../packages/pytorch-companion", import.meta.url));
const kept = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sgdscope-ci/python/bin/python");
const needs = { test: "torch, numpy, pytest", build: "build, setuptools" };

const [task, report] = process.argv.slice(2);
if (!["build", "test", "check"].includes(task)) {
  console.error(`companion: expected build, test or check, got ${task}`);
  process.exit(2);
}
const wanted = task === "check" ? ["test", "build"] : [task];
const result = { passed: 0, failed: 0, untested: [] };
for (const each of wanted) {
  const python = pythonWith(needs[each]);
  if (python === undefined) {
    result.untested.push(`${each} of the PyTorch companion (no Python with ${needs[each]})`);
    console.log(`NOT TESTED: ${result.untested.at(-1)}`);
    continue;
  }
  const [passed, failed] = each === "test" ? test(python) : build(python);
  result.passed += passed;
  result.failed += failed;
}
if (report !== undefined) writeFileSync(report, JSON.stringify(result));
process.exit(result.failed === 0 ? 0 : 1);

function pythonWith(modules) {
  const given = process.env.SGDSCOPE_PYTHON;
  const candidates = given === undefined ? [kept, "python3"] : [given];
  return candidates.find(
    (python) =>
      (!python.includes("/") || existsSync(python)) &&
      spawnSync(python, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0,
  );
}

/** Tests passed and failed; a run that died before its report, or ran nothing, counts as one failure. */
function test(python) {
  const xml = join(tmpdir(), `sgdscope-companion-${process.pid}.xml`);
  const { status } = spawnSync(python, ["-m", "pytest", `--junitxml=${xml}`], { cwd: folder, stdio: "inherit" });
  const text = existsSync(xml) ? readFileSync(xml, "utf8") : "";
  rmSync(xml, { force: true });
  const count = (name) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(text)?.[1] ?? 0);
  const broken = count("failures") + count("errors");
  const passed = count("tests") - broken - count("skipped");
  return [passed, status === 0 && passed > 0 ? broken : Math.max(1, broken)];
}

/** The wheel and the sdist, without the network: with the setuptools that is there. */
function build(python) {
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  const { status, stdout, stderr } = spawnSync(python, ["-m", "build", "--no-isolation", "--outdir", "dist"], {
    cwd: folder,
    encoding: "utf8",
  });
  const made = existsSync(join(folder, "dist")) ? readdirSync(join(folder, "dist")) : [];
  const whole = status === 0 && [".whl", ".tar.gz"].every((end) => made.some((name) => name.endsWith(end)));
  console.log(whole ? `built ${made.join(", ")}` : `${stdout}${stderr}`);
  return whole ? [1, 0] : [0, 1];
}

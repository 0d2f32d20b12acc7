import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  indexFromEnvironment,
  maxArraySizeOf,
  planRuns,
  readPlan,
  slurmArrays,
  slurmScript,
  writePlan,
} from "../src/index.js";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sgdscope-plan-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));
const plan = (seeds: number | number[]) => planRuns({ base: { a: 1 }, seeds }, (settings) => settings);

describe("writePlan", () => {
  it("is read back, may be written again, and may grow at its end only", async () => {
    const sweep = join(folder, "deep", "sweep");
    expect(await writePlan(sweep, plan(3))).toBe(3);
    expect(await readPlan(sweep)).toEqual(plan(3));
    expect(await writePlan(sweep, plan(3))).toBe(0);
    expect(await writePlan(sweep, plan(5))).toBe(2);
    await expect(writePlan(sweep, plan(4))).rejects.toMatchObject({ code: "INVALID_PLAN" });
    await expect(writePlan(sweep, plan([2, 1, 3, 4, 5, 6]))).rejects.toThrow("another run on line 0");
    expect(await readPlan(sweep)).toEqual(plan(5));
  });

  it("refuses a plan whose lines are not what their names say", async () => {
    await expect(readPlan(folder)).rejects.toMatchObject({ code: "INVALID_PLAN" });
    const [line] = plan(1);
    await writeFile(join(folder, "plan.jsonl"), `${JSON.stringify({ ...line, task: { a: 2, seed: 1 } })}\n`);
    await expect(readPlan(folder)).rejects.toThrow("line 0 of");
    await writeFile(join(folder, "plan.jsonl"), JSON.stringify(line).slice(0, -4));
    await expect(readPlan(folder)).rejects.toThrow("line 0 of");
  });
});

describe("indexFromEnvironment", () => {
  it.each([
    [{ SLURM_ARRAY_TASK_ID: "3" }, 0, 3],
    [{ SLURM_ARRAY_TASK_ID: "3" }, 1000, 1003],
    [{ JOB_COMPLETION_INDEX: "0" }, 0, 0],
    [{ SGE_TASK_ID: "1" }, 0, 0],
    [{ SGE_TASK_ID: "undefined" }, 0, undefined],
    [{}, 0, undefined],
  ])("of %j with offset %d is %s", (environment, offset, index) => {
    expect(indexFromEnvironment(environment, offset)).toBe(index);
  });
});

describe("slurmArrays", () => {
  it("writes lines as ranges and splits them below the largest array", () => {
    expect(slurmArrays([0, 1, 2, 5], 1001)).toEqual([{ array: "0-2,5", offset: 0, tasks: 4 }]);
    expect(slurmArrays([9, 10, 3, 25], 10, 4)).toEqual([
      { array: "3,9%4", offset: 0, tasks: 2 },
      { array: "0%4", offset: 10, tasks: 1 },
      { array: "5%4", offset: 20, tasks: 1 },
    ]);
  });

  it("reads the largest array from the configuration", () => {
    expect(maxArraySizeOf("MaxArraySize            = 1001\nMaxJobs = 4")).toBe(1001);
    expect(maxArraySizeOf("MaxArraySize            = 75000")).toBe(75_000);
    expect(maxArraySizeOf("")).toBe(1001);
  });
});

describe("slurmScript", () => {
  it("gives words to its command as they are, whatever is in them", async () => {
    const directory = await mkdtemp(join(tmpdir(), `it's a "$HOME" \\ folder `));
    const words = ["a b", "$HOME", "`id`", "it's", '"', "\\", "--x=*", "ü", ""];
    const script = slurmScript({
      name: 'a "b" $c',
      directory,
      logs: join(directory, "100%"),
      command: [
        process.execPath,
        "-e",
        "fs.writeFileSync('told.json', JSON.stringify(process.argv.slice(1)))",
        "--",
        ...words,
      ],
    });
    await writeFile(join(directory, "task.sh"), script);
    execFileSync("bash", [join(directory, "task.sh"), "7"], { cwd: tmpdir() });
    expect(JSON.parse(await readFile(join(directory, "told.json"), "utf8"))).toEqual([...words, "--offset", "7"]);
    expect(script).toContain('#SBATCH --job-name="a \\"b\\" $c"\n');
    expect(script).toContain(`#SBATCH --output="${join(directory, "100%%").replace(/["\\]/g, "\\$&")}"/%A_%a.log\n`);
    await rm(directory, { recursive: true });
  });

  it.each(["name", "logs", "options"])(
    "refuses a line break in its %s, which would begin another directive",
    (argument) => {
      const text = "a\n#SBATCH --partition=other";
      const options = { name: "a", directory: "/d", logs: "/d", command: ["a"], options: [] as string[] };
      const work = (): string => slurmScript({ ...options, [argument]: argument === "options" ? [text] : text });
      expect(work).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          message: expect.stringContaining(`${argument}: expected one line`) as string,
        }) as Error,
      );
    },
  );

  it("is a batch script that quotes what a shell would take apart", () => {
    const script = slurmScript({
      name: "edge",
      command: ["node", "my program.js", "it's"],
      directory: "/home/some body",
      logs: "/logs",
      setup: "module load nodejs",
      options: ["--time=1:00:00"],
    });
    expect(script).toContain("#SBATCH --signal=B:USR1@120\n#SBATCH --requeue\n#SBATCH --time=1:00:00\n");
    expect(script).toContain("cd '/home/some body' || exit 1\nmodule load nodejs\n");
    expect(script).toContain(`node 'my program.js' 'it'\\''s' --offset "$1" &\n`);
  });
});

/**
 * What a learning rate adds to the cost of `sgdscope analyze`, at n examples with one output each:
 *
 *   npm run build -w apps/cli && npm run bench:analyze -w @sgdscope/bench -- [examples=500] [rounds=5] [--command FILE]
 *
 * Runs the built command as a user does, with and without `--learning-rate`, by turns, and prints the medians of the processor
 * time of the whole process and of their ratios. `--command` names the main.js of another build, an earlier version say.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatNpy } from "@sgdscope/array-files";
import { randomFeatures, reluTeacher, uniformOnSphere } from "@sgdscope/models-rfm";
import { seededRandom } from "@sgdscope/random";
import { markdownTable, showSeconds } from "./report/markdown.js";
import { median } from "./report/statistics.js";

/** Runs in the measured process: its processor time in microseconds, on the pipe that waits for it. */
const reportOnExit = `data:text/javascript,${encodeURIComponent(
  'import { writeSync } from "node:fs"; process.on("exit", () => { const { user, system } = process.cpuUsage(); writeSync(3, String(user + system)); });',
)}`;

function processorSeconds(command: string, args: string[]): Promise<number> {
  const child = spawn(process.execPath, ["--import", reportOnExit, command, ...args], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  let used = "";
  child.stdio[3]!.on("data", (part: Buffer) => (used += part.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0
        ? resolve(Number(used) / 1e6)
        : reject(new Error(`${command} ${args.join(" ")} ended with ${status}`)),
    );
  });
}

const { values, positionals } = parseArgs({ options: { command: { type: "string" } }, allowPositionals: true });
const [examples = 500, rounds = 5] = positionals.map(Number);
const command = values.command ?? fileURLToPath(new URL("../../cli/dist/main.js", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "bench-analyze-"));
try {
  const random = seededRandom(1);
  const model = randomFeatures({ inputs: 20, features: 2 * examples, activation: "relu", random });
  const X = uniformOnSphere(examples, 20, random);
  const { gram, residuals } = model.gramSystem(model.init(random), X, reluTeacher(20, random)(X));
  const files = { gram: join(folder, "gram.npy"), residuals: join(folder, "residuals.npy") };
  await writeFile(files.gram, formatNpy({ shape: [examples, examples], data: gram }));
  await writeFile(files.residuals, formatNpy({ shape: [examples], data: residuals }));
  const plain = [
    "analyze",
    "--gram",
    files.gram,
    "--residuals",
    files.residuals,
    "--batch-size",
    "1",
    "--outputs",
    "1",
  ];
  const times: { without: number; with: number }[] = [];
  for (let round = 0; round < rounds; round++)
    times.push({
      without: await processorSeconds(command, plain),
      with: await processorSeconds(command, [...plain, "--learning-rate", "0.01"]),
    });
  const ratio = median(times.map((time) => time.with / time.without));
  console.log(
    markdownTable(
      ["examples", "rounds", "analyze", "with --learning-rate", "ratio"],
      [
        [
          String(examples),
          String(rounds),
          showSeconds(median(times.map((time) => time.without))),
          showSeconds(median(times.map((time) => time.with))),
          ratio.toFixed(2),
        ],
      ],
    ).join("\n"),
  );
} finally {
  await rm(folder, { recursive: true });
}

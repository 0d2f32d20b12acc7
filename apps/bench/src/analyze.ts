/**
 * What `sgdscope analyze` takes, and what a learning rate adds to it, at n examples with C outputs each:
 *
 *   npx turbo run build --filter sgdscope && npm run bench:analyze -w @sgdscope/bench -- [examples=500] [rounds=5] [--outputs C] \
 *     [--batch-size B] [--command FILE]
 *
 * Runs the built command as a user does, with and without `--learning-rate`, by turns, and prints the medians of wall and processor
 * time of the whole process and of their ratios. `--command` names the main.js of another build, an earlier version say. One output:
 * random features; more: Gaussian Jacobians whose k-th direction has the curvature 1/k.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatNpy } from "@sgdscope/array-files";
import { gramOfRows } from "@sgdscope/linear-algebra";
import { randomFeatures, reluTeacher, uniformOnSphere } from "@sgdscope/models-rfm";
import { gaussian, seededRandom } from "@sgdscope/random";
import { markdownTable, showSeconds } from "./report/markdown.js";
import { median } from "./report/statistics.js";

/** Runs in the measured process: its processor time in microseconds, on the pipe that waits for it. */
const reportOnExit = `data:text/javascript,${encodeURIComponent(
  'import { writeSync } from "node:fs"; process.on("exit", () => { const { user, system } = process.cpuUsage(); writeSync(3, String(user + system)); });',
)}`;

interface Seconds {
  wall: number;
  processor: number;
}

function secondsOf(command: string, args: string[]): Promise<Seconds> {
  const start = performance.now();
  const child = spawn(process.execPath, ["--import", reportOnExit, command, ...args], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  let used = "";
  child.stdio[3]!.on("data", (part: Buffer) => (used += part.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0
        ? resolve({ wall: (performance.now() - start) / 1000, processor: Number(used) / 1e6 })
        : reject(new Error(`${command} ${args.join(" ")} ended with ${status}`)),
    );
  });
}

/** A Gram matrix of examples with several outputs: Gaussian Jacobians with the spectrum 1/k. */
function powerLaw(examples: number, outputs: number): { gram: Float64Array; residuals: Float64Array } {
  const size = examples * outputs;
  const random = seededRandom(1);
  const jacobian = gaussian(size * size, random).map((value, k) => value / Math.sqrt(1 + (k % size)));
  return { gram: gramOfRows(jacobian, size, size), residuals: gaussian(size, random) };
}

function randomFeatureSystem(examples: number): { gram: Float64Array; residuals: Float64Array } {
  const random = seededRandom(1);
  const model = randomFeatures({ inputs: 20, features: 2 * examples, activation: "relu", random });
  const X = uniformOnSphere(examples, 20, random);
  return model.gramSystem(model.init(random), X, reluTeacher(20, random)(X));
}

const { values, positionals } = parseArgs({
  options: { command: { type: "string" }, outputs: { type: "string" }, "batch-size": { type: "string" } },
  allowPositionals: true,
});
const [examples = 500, rounds = 5] = positionals.map(Number);
const outputs = Number(values.outputs ?? 1);
const command = values.command ?? fileURLToPath(new URL("../../cli/dist/main.js", import.meta.url));
if (!existsSync(command)) {
  console.error(
    `bench:analyze: expected the built command at ${command}, got no such file; build it with\n  npx turbo run build --filter sgdscope`,
  );
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), "bench-analyze-"));
try {
  const { gram, residuals } = outputs === 1 ? randomFeatureSystem(examples) : powerLaw(examples, outputs);
  const files = { gram: join(folder, "gram.npy"), residuals: join(folder, "residuals.npy") };
  const size = examples * outputs;
  await writeFile(files.gram, formatNpy({ shape: [size, size], data: gram }));
  await writeFile(
    files.residuals,
    formatNpy({ shape: outputs === 1 ? [examples] : [examples, outputs], data: residuals }),
  );
  const plain = [
    "analyze",
    "--gram",
    files.gram,
    "--residuals",
    files.residuals,
    "--batch-size",
    values["batch-size"] ?? "1",
    "--outputs",
    String(outputs),
  ];
  const times: { without: Seconds; with: Seconds }[] = [];
  for (let round = 0; round < rounds; round++)
    times.push({
      without: await secondsOf(command, plain),
      with: await secondsOf(command, [...plain, "--learning-rate", "0.01"]),
    });
  const columns = (["wall", "processor"] as const).map((what) => [
    what,
    showSeconds(median(times.map((time) => time.without[what]))),
    showSeconds(median(times.map((time) => time.with[what]))),
    median(times.map((time) => time.with[what] / time.without[what])).toFixed(2),
  ]);
  console.log(`${examples} examples × ${outputs}, rounds: ${rounds}\n`);
  console.log(markdownTable(["time", "analyze", "with --learning-rate", "ratio"], columns).join("\n"));
} finally {
  await rm(folder, { recursive: true });
}

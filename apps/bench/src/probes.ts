/**
 * What `--probe` adds to the cost of `sgdscope train`, of the whole process:
 *
 *   npm run build -w apps/cli && npm run bench:probes -w @sgdscope/bench -- [rounds=5] [--network NAME,…] [--steps N] [--command FILE] [--options "OPTIONS"]
 *
 * Runs the built command as a user does, without probes and with all of them at their default overhead, by turns, and prints the
 * medians of processor time and time of day and of their ratios. The trainings take about half a minute each; `--options` are those of
 * the one with probes, such as "--probe margin --probe-overhead 0.02".
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { markdownTable, showSeconds } from "./report/markdown.js";
import { median } from "./report/statistics.js";

interface Cost {
  processor: number;
  wall: number;
  /** What the command says of its probes. */
  said: string;
}

/** Runs in the measured process: its processor time in microseconds, on the pipe that waits for it. */
const reportOnExit = `data:text/javascript,${encodeURIComponent(
  'import { writeSync } from "node:fs"; process.on("exit", () => { const { user, system } = process.cpuUsage(); writeSync(3, String(user + system)); });',
)}`;

function costOf(command: string, args: readonly string[]): Promise<Cost> {
  const begin = performance.now();
  const child = spawn(process.execPath, ["--import", reportOnExit, command, ...args], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  let [used, said] = ["", ""];
  child.stderr!.on("data", (part: Buffer) => (said += part.toString()));
  child.stdio[3]!.on("data", (part: Buffer) => (used += part.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      const wall = (performance.now() - begin) / 1000;
      if (status === 0) resolve({ processor: Number(used) / 1e6, wall, said });
      else reject(new Error(`${command} ${args.join(" ")} ended with ${status}:\n${said}`));
    });
  });
}

const common = ["--data", "synthetic", "--loss-below", "1e-300", "--warm-up", "0", "--checkpoint-every", "1000000"];
/** Trainings of about half a minute on two cores. */
const networks: Record<string, { options: string[]; steps: number }> = {
  dense: {
    options: ["--count", "200", "--widths", "64,64", "--learning-rate", "0.005", "--batch-size", "4"],
    steps: 45_000,
  },
  cnn: {
    options: ["--model", "small-cnn", "--count", "200", "--learning-rate", "0.005", "--batch-size", "4"],
    steps: 20_000,
  },
  "ten-classes": {
    options: [
      ...["--model", "small-cnn", "--count", "100", "--classes", "0,1,2,3,4,5,6,7,8,9", "--loss", "cross-entropy"],
      ...["--learning-rate", "0.02", "--batch-size", "16"],
    ],
    steps: 4_000,
  },
};

const { values, positionals } = parseArgs({
  options: {
    command: { type: "string" },
    network: { type: "string" },
    steps: { type: "string" },
    options: { type: "string" },
  },
  allowPositionals: true,
});
const rounds = Number(positionals[0] ?? 5);
const command = values.command ?? fileURLToPath(new URL("../../cli/dist/main.js", import.meta.url));
const chosen = values.network?.split(",") ?? Object.keys(networks);
const folder = await mkdtemp(join(tmpdir(), "bench-probes-"));
try {
  const rows: string[][] = [];
  for (const name of chosen) {
    const network = networks[name];
    if (network === undefined)
      throw new Error(`--network: expected some of ${Object.keys(networks).join(", ")}, got ${name}`);
    const steps = Number(values.steps ?? network.steps);
    const plain = ["train", ...common, ...network.options, "--max-steps", String(steps), "--backend", "wasm"];
    const probed = [...plain, "--probe", "all", ...(values.options?.split(" ") ?? [])];
    const times: { without: Cost; with: Cost }[] = [];
    for (let round = 0; round < rounds; round++) {
      const run = (args: string[]): Promise<Cost> =>
        costOf(command, [...args, "--out", join(folder, `${name}-${round}-${args.length}`)]);
      // Each goes first in turn: what a machine gains by warming or loses by heat is no one's.
      const first = await run(round % 2 === 0 ? plain : probed);
      const second = await run(round % 2 === 0 ? probed : plain);
      times.push(round % 2 === 0 ? { without: first, with: second } : { without: second, with: first });
    }
    const ratio = (of: "processor" | "wall"): string => {
      const ratios = times.map((time) => time.with[of] / time.without[of]);
      return `${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})`;
    };
    const typical = (which: "without" | "with", of: "processor" | "wall"): string =>
      showSeconds(median(times.map((time) => time[which][of])));
    rows.push([
      name,
      String(steps),
      typical("without", "processor"),
      typical("with", "processor"),
      ratio("processor"),
      typical("without", "wall"),
      typical("with", "wall"),
      ratio("wall"),
    ]);
    console.error(times.at(-1)!.with.said.trim());
  }
  console.log(
    markdownTable(
      ["training", "steps", "processor", "with probes", "ratio", "wall", "with probes", "ratio"],
      rows,
    ).join("\n"),
  );
} finally {
  await rm(folder, { recursive: true });
}

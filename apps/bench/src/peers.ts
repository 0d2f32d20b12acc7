/**
 * Makes the Python environment of the peers, at the versions of `python/requirements.txt`:
 *
 *   npm run bench:peers -w @sgdscope/bench -- [--venv DIR] [--python python3]
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PEERS_FOLDER } from "./side-by-side/contenders.js";

const { values: options } = parseArgs({
  options: { venv: { type: "string", default: PEERS_FOLDER }, python: { type: "string", default: "python3" } },
});
const python = join(options.venv, "bin", "python");
const requirements = join(PEERS_FOLDER, "..", "requirements.txt");

function run(command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (status === 0) return;
  console.error(
    `bench:peers: expected "${command} ${args.join(" ")}" to succeed, got ${error?.message ?? `status ${status}`}`,
  );
  process.exit(1);
}

if (!existsSync(python)) run(options.python, "-m", "venv", options.venv);
run(python, "-m", "pip", "install", "-r", requirements);
run(python, "-c", "import torch, curvlinops, backpack, pyhessian, hessian_eigenthings");
console.log(`The peers are in ${options.venv}`);

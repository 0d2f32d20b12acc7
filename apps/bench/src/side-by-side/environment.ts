import { execFile } from "node:child_process";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import { promisify } from "node:util";

/** The machine and the versions that do not belong to one contender. */
export interface Environment {
  processor: string;
  cores: number;
  memoryGiB: number;
  system: string;
  node: string;
  commit: string;
  date: string;
  load: number;
}

export async function describeEnvironment(): Promise<Environment> {
  const commit = await promisify(execFile)("git", ["rev-parse", "--short", "HEAD"]).then(
    ({ stdout }) => stdout.trim(),
    () => "unknown",
  );
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    commit,
    date: new Date().toISOString().slice(0, 10),
    load: load(),
  };
}

/** The 1-minute load average. */
export const load = (): number => loadavg()[0]!;

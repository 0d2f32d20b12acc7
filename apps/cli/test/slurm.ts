import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Why there can be no cluster here, or undefined. Debian: apt-get install slurm-wlm. */
export const noSlurm: string | undefined =
  process.getuid?.() !== 0
    ? "slurmd wants to be root"
    : ["slurmctld", "slurmd", "sbatch", "slurmstepd"].some((name) => spawnSync("which", [name]).status !== 0)
      ? "slurmctld, slurmd, slurmstepd and sbatch are not installed (Debian: slurm-wlm)"
      : undefined;

/** A cluster of one node on the loopback device: the real daemons, without accounting. */
export interface Cluster {
  /** What Slurm's commands need. */
  env: Record<string, string>;
  /** Runs a command of Slurm and gives what it prints. */
  slurm(program: string, ...argv: string[]): Promise<string>;
  /** Kills the node as a power cut does: slurmd, every slurmstepd and every task, at once. Gives how many processes died. */
  killNode(): Promise<number>;
  startNode(): Promise<void>;
  /** What slurmctld wrote. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a cluster that keeps its state in `folder`. Arrays have at most `maxArraySize` − 1 as their largest number. */
export async function startSlurm(folder: string, maxArraySize: number): Promise<Cluster> {
  for (const name of ["state", "spool"]) await mkdir(join(folder, name), { recursive: true });
  const conf = join(folder, "slurm.conf");
  const port = 20_000 + (process.pid % 20_000);
  const settings = {
    ClusterName: "sgdscope",
    SlurmctldHost: `${hostname()}(127.0.0.1)`,
    SlurmctldPort: port,
    SlurmdPort: port + 1,
    AuthType: "auth/none",
    CredType: "cred/none",
    SlurmUser: "root",
    SlurmdUser: "root",
    StateSaveLocation: join(folder, "state"),
    SlurmdSpoolDir: join(folder, "spool"),
    SlurmctldPidFile: join(folder, "slurmctld.pid"),
    SlurmdPidFile: join(folder, "slurmd.pid"),
    SlurmctldLogFile: join(folder, "slurmctld.log"),
    SlurmdLogFile: join(folder, "slurmd.log"),
    ProctrackType: "proctrack/linuxproc",
    TaskPlugin: "task/none",
    SelectType: "select/cons_tres",
    SelectTypeParameters: "CR_CPU",
    SwitchType: "switch/none",
    MpiDefault: "none",
    ReturnToService: 2,
    // A node that is silent for this long is down, and its jobs are queued again.
    SlurmdTimeout: 10,
    MessageTimeout: 5,
    // Without accounting the queue alone remembers tasks that have ended.
    MinJobAge: 3600,
    MaxArraySize: maxArraySize,
    CommunicationParameters: "NoInAddrAny,NoCtldInAddrAny",
    SchedulerParameters: "bf_interval=2,sched_interval=2,batch_sched_delay=0",
  };
  await writeFile(
    conf,
    [
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
      `NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`,
      `PartitionName=main Nodes=${hostname()} Default=YES MaxTime=INFINITE State=UP`,
      "",
    ].join("\n"),
  );
  const env = { ...(process.env as Record<string, string>), SLURM_CONF: conf };
  const daemon = (...argv: [string, ...string[]]): ChildProcess =>
    spawn(argv[0], argv.slice(1), { env, stdio: "ignore" });
  const slurm = async (program: string, ...argv: string[]): Promise<string> =>
    (await run(program, argv, { env, timeout: 30_000 })).stdout;
  const controller = daemon("slurmctld", "-D", "-c");

  const startNode = async (): Promise<void> => {
    const where = spawnSync("which", ["slurmstepd"], { encoding: "utf8" }).stdout.trim();
    daemon("slurmd", "-D", "-d", where);
    for (let k = 0; k < 100; k++) {
      const states = await slurm("sinfo", "-h", "-o", "%T").catch(() => "");
      if (/idle|mixed|allocated/.test(states)) return;
      await sleep(200);
    }
    throw new Error("slurm: the node did not come up");
  };
  /** Processes of this cluster but for the controller: all have the configuration in their environment. */
  const ours = async (): Promise<number[]> => {
    const found: number[] = [];
    for (const name of await readdir("/proc")) {
      if (!/^\d+$/.test(name) || Number(name) === controller.pid || Number(name) === process.pid) continue;
      const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
      if (environment.split("\0").includes(`SLURM_CONF=${conf}`)) found.push(Number(name));
    }
    return found;
  };
  const signalAll = (pids: readonly number[], signal: NodeJS.Signals): number => {
    let reached = 0;
    for (const pid of pids)
      try {
        process.kill(pid, signal);
        reached++;
      } catch {
        // It ended by itself meanwhile.
      }
    return reached;
  };
  const killNode = async (): Promise<number> => {
    // All are stopped before the first dies: a slurmstepd that sees its task die reports a failed task, which is not queued again.
    const stopped = new Set<number>();
    for (;;) {
      const more = (await ours()).filter((pid) => !stopped.has(pid));
      if (more.length === 0) break;
      signalAll(more, "SIGSTOP");
      for (const pid of more) stopped.add(pid);
    }
    const died = signalAll([...stopped], "SIGKILL");
    while ((await ours()).length > 0) await sleep(20);
    return died;
  };
  await startNode();
  return {
    env,
    slurm,
    killNode,
    startNode,
    log: () => readFile(join(folder, "slurmctld.log"), "utf8"),
    async stop() {
      await killNode();
      controller.kill("SIGKILL");
    },
  };
}

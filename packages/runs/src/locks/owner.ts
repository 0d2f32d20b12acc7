import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds a lock. */
export interface Owner {
  host: string;
  /** Names this start of the machine and this process namespace; processes of another one cannot be asked after. */
  scope: string;
  pid: number;
  /** When the process started, in the kernel's own count: tells it from a later one of the same number. */
  started: string;
}

const read = (work: () => string): string => {
  try {
    return work().trim();
  } catch {
    return "";
  }
};

const scope = (): string =>
  [
    read(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
    read(() => readlinkSync("/proc/self/ns/pid")),
  ].join(" ");

/** Field 22 of /proc/<pid>/stat; empty where there is no /proc. */
const startOf = (pid: number): string =>
  read(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has died; nobody has buried it yet.
    return state === "Z" || state === "X" ? "" : fields[18]!;
  });

/** This process as an owner. */
export const thisOwner = (): Owner => ({
  host: hostname(),
  scope: scope(),
  pid: process.pid,
  started: startOf(process.pid),
});

/** Whether an owner lives: known for processes of this machine, undefined for others. */
export function isAlive(owner: Owner): boolean | undefined {
  if (owner.host !== hostname() || owner.scope !== scope()) return undefined;
  if (owner.started !== "") return startOf(owner.pid) === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

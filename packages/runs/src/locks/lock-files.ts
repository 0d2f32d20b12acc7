// Not a lock-file package: those compare clocks or cannot tell a dead process from a slow one, and two writers may both win.
import { access, link, open, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { RunsError, storageError } from "../errors.js";
import { makeFolder } from "../folder/place.js";
import type { Owner } from "./owner.js";

/** A file that says who took a run. The one with the highest generation holds. */
export interface LockFile {
  generation: number;
  path: string;
}

/** How a run ended for good; a file `<run>.<ending>` remembers it. */
export type Ended = "done" | "failed";

const ownerSchema = z.looseObject({ host: z.string(), scope: z.string(), pid: z.int().min(1), started: z.string() });
const ownerOf = (text: string): Owner => ownerSchema.parse(JSON.parse(text));

/** A released lock carries this time. */
const released = new Date(0);

/** The folder of lock files beside run folders. */
const locksFolder = ".locks";

/** Where sweeps of earlier versions kept them: in `claims`, beside the folder of run folders. */
const earlierFolder = (runs: string): string => join(dirname(runs), "claims");

/** Files that hold the locks of a folder of run folders: `<run>.<generation>`, made by an exclusive link, never by a write in place. */
export function lockFiles(runs: string) {
  const folder = join(runs, locksFolder);
  const pathOf = (id: string, generation: number): string => join(folder, `${id}.${generation}`);
  const stored = <T>(path: string, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw storageError(path, error);
    });
  const names = (path: string): Promise<string[] | undefined> =>
    readdir(path).catch((error: unknown) => {
      // Whoever wants to write there hears what is wrong when the folder is made.
      if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
      throw error;
    });

  return {
    /** The highest lock of each run, and the runs that have ended; one listing. */
    async list(): Promise<{ locks: Map<string, LockFile>; ended: Map<string, Ended> }> {
      const locks = new Map<string, LockFile>();
      const ended = new Map<string, Ended>();
      const own = await names(folder);
      const at = own === undefined ? earlierFolder(runs) : folder;
      for (const name of own ?? (await names(at)) ?? []) {
        const [, id, what] = /^([^.]+)\.(\d+|done|failed)$/.exec(name) ?? [];
        if (id === undefined) continue;
        if (what === "done" || what === "failed") ended.set(id, what);
        else if (Number(what) > (locks.get(id)?.generation ?? -1))
          locks.set(id, { generation: Number(what), path: join(at, name) });
      }
      return { locks, ended };
    },

    /** Takes over the locks of an earlier version, once; call it before the first `take`. */
    async adopt(): Promise<void> {
      if ((await names(folder)) !== undefined || (await names(earlierFolder(runs))) === undefined) return;
      await makeFolder(runs);
      await rename(earlierFolder(runs), folder).catch((error: unknown) => {
        const { code } = error as NodeJS.ErrnoException;
        // Somebody else was faster.
        if (code !== "ENOENT" && code !== "EEXIST" && code !== "ENOTEMPTY") throw storageError(folder, error);
      });
    },

    /** Takes a run as its next generation; undefined if somebody else was faster. */
    async take(id: string, generation: number, owner: Owner): Promise<LockFile | undefined> {
      const path = pathOf(id, generation);
      const temporary = join(folder, `.${id}.${generation}.${owner.pid}.${process.hrtime.bigint()}.tmp`);
      await makeFolder(folder);
      try {
        await stored(temporary, writeFile(temporary, JSON.stringify(owner), { flag: "wx" }));
        await link(temporary, path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
        throw storageError(path, error);
      } finally {
        await rm(temporary, { force: true });
      }
      // Whoever looked at an older state may have made a generation that has been passed since.
      if ((await this.list()).locks.get(id)?.generation !== generation) {
        await rm(path, { force: true });
        return undefined;
      }
      for (let old = generation - 1; old >= 0; old--) {
        if (!(await exists(pathOf(id, old)))) break;
        await rm(pathOf(id, old), { force: true });
      }
      return { generation, path };
    },

    /** The time and the owner of a lock; undefined once it is gone. Opened anew, so that a network file system looks again. */
    async look({ path }: LockFile): Promise<{ time: number; released: boolean; owner: Owner } | undefined> {
      try {
        const file = await open(path, "r");
        try {
          const { mtimeMs } = await file.stat();
          const owner = ownerOf(await file.readFile("utf8"));
          return { time: mtimeMs, released: mtimeMs === released.getTime(), owner };
        } finally {
          await file.close();
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        if (error instanceof SyntaxError || error instanceof z.ZodError)
          throw new RunsError("INVALID_RUN", `the lock ${path} names no owner`, { cause: error, path });
        throw error;
      }
    },

    /** Whether this is still the highest lock of its run: a taker makes the next one before it removes this. */
    holds: async (id: string, { generation, path }: LockFile): Promise<boolean> =>
      (await exists(path)) && !(await exists(pathOf(id, generation + 1))),

    /** Remembers how a run ended. The locks of a run that is done are of no more use. */
    async end(id: string, { generation, path }: LockFile, ending: Ended): Promise<void> {
      const marker = join(folder, `${id}.${ending}`);
      await stored(marker, writeFile(marker, ""));
      if (ending === "failed") return this.release({ generation, path });
      await rm(path, { force: true });
    },

    /** Forgets how runs ended, so that they are handed out again. */
    async forget(id: string, ending: Ended): Promise<void> {
      const marker = join(folder, `${id}.${ending}`);
      await stored(marker, rm(marker, { force: true }));
    },

    /** Lets a run go. The file stays, so that its generation is never used again. */
    async release({ path }: LockFile): Promise<void> {
      await utimes(path, released, released).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw storageError(path, error);
      });
    },
  };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

import { access, link, open, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SweepError, storageError } from "../errors.js";
import { makeFolder } from "../folder/place.js";
import type { Owner } from "./owner.js";

/** A file that says who took a run. The one with the highest generation holds. */
export interface ClaimFile {
  generation: number;
  path: string;
}

/** How a run ended for good; a file `<run>.<ending>` remembers it. */
export type Ended = "done" | "failed";

/** A released claim carries this time. */
const released = new Date(0);

/** Files that hold the claims of a sweep: `<run>.<generation>`, made by an exclusive link, never by a write in place. */
export function claimFiles(folder: string) {
  const pathOf = (id: string, generation: number): string => join(folder, `${id}.${generation}`);
  const stored = <T>(path: string, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw storageError("claim", path, error);
    });

  return {
    /** The highest claim of each run, and the runs that have ended; one listing. */
    async list(): Promise<{ claims: Map<string, ClaimFile>; ended: Map<string, Ended> }> {
      const claims = new Map<string, ClaimFile>();
      const ended = new Map<string, Ended>();
      const names = await readdir(folder).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      });
      for (const name of names) {
        const [, id, what] = /^([^.]+)\.(\d+|done|failed)$/.exec(name) ?? [];
        if (id === undefined) continue;
        if (what === "done" || what === "failed") ended.set(id, what);
        else if (Number(what) > (claims.get(id)?.generation ?? -1))
          claims.set(id, { generation: Number(what), path: pathOf(id, Number(what)) });
      }
      return { claims, ended };
    },

    /** Takes a run as its next generation; undefined if somebody else was faster. */
    async take(id: string, generation: number, owner: Owner): Promise<ClaimFile | undefined> {
      const path = pathOf(id, generation);
      const temporary = join(folder, `.${id}.${generation}.${owner.pid}.${process.hrtime.bigint()}.tmp`);
      await makeFolder(folder);
      try {
        await stored(temporary, writeFile(temporary, JSON.stringify(owner), { flag: "wx" }));
        await link(temporary, path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
        throw storageError("claim", path, error);
      } finally {
        await rm(temporary, { force: true });
      }
      // Whoever looked at an older state may have made a generation that has been passed since.
      if ((await this.list()).claims.get(id)?.generation !== generation) {
        await rm(path, { force: true });
        return undefined;
      }
      for (let old = generation - 1; old >= 0; old--) {
        if (!(await exists(pathOf(id, old)))) break;
        await rm(pathOf(id, old), { force: true });
      }
      return { generation, path };
    },

    /** The time and the owner of a claim; undefined once it is gone. Opened anew, so that a network file system looks again. */
    async look({ path }: ClaimFile): Promise<{ time: number; released: boolean; owner: Owner } | undefined> {
      try {
        const file = await open(path, "r");
        try {
          const { mtimeMs } = await file.stat();
          const owner = JSON.parse(await file.readFile("utf8")) as Owner;
          return { time: mtimeMs, released: mtimeMs === released.getTime(), owner };
        } finally {
          await file.close();
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        if (error instanceof SyntaxError)
          throw new SweepError("INVALID_PLAN", `claim: expected ${path} to name an owner, got something else`, {
            cause: error,
          });
        throw error;
      }
    },

    /** Whether this is still the highest claim of its run: a taker makes the next one before it removes this. */
    holds: async (id: string, { generation, path }: ClaimFile): Promise<boolean> =>
      (await exists(path)) && !(await exists(pathOf(id, generation + 1))),

    /** Remembers how a run ended. The claims of a run that is done are of no more use. */
    async end(id: string, { generation, path }: ClaimFile, ending: Ended): Promise<void> {
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
    async release({ path }: ClaimFile): Promise<void> {
      await utimes(path, released, released).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw storageError("claim", path, error);
      });
    },
  };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

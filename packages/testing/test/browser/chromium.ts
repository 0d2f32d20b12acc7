import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** The Chromium of the variable CHROMIUM, else the first on the path. */
export function findChromium(): string | undefined {
  const named = process.env["CHROMIUM"];
  if (named) return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return ["chromium", "chromium-browser", "google-chrome"]
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The document at `url` as HTML after its scripts have run, in a browser with a fresh profile. */
export async function dumpDocument(chromium: string, url: string, { timeout }: { timeout: number }): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), "chromium-"));
  try {
    const { stdout } = await promisify(execFile)(
      chromium,
      [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-sync",
        "--no-first-run",
        "--virtual-time-budget=20000",
        `--user-data-dir=${profile}`,
        "--dump-dom",
        url,
      ],
      { timeout, killSignal: "SIGKILL", maxBuffer: 2 ** 26 },
    );
    return stdout;
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

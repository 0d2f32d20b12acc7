import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cifar-loader-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Sets environment variables for one test; undefined unsets. */
export function withEnvironment(values: Record<string, string | undefined>): void {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
  const apply = (all: Record<string, string | undefined>): void => {
    for (const [name, value] of Object.entries(all))
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  };
  apply(values);
  onTestFinished(() => apply(before));
}

/** Records with these label bytes; value v of channel c in row y, column x of record i is a known function of all. */
export function makeRecords(labels: readonly (readonly number[])[]): Uint8Array {
  const width = labels[0]!.length;
  const bytes = new Uint8Array(labels.length * (width + 3072));
  labels.forEach((own, i) => {
    const start = i * (width + 3072);
    bytes.set(own, start);
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < 32; y++)
        for (let x = 0; x < 32; x++) bytes[start + width + 1024 * c + 32 * y + x] = pixel(i, y, x, c);
  });
  return bytes;
}

export const pixel = (i: number, y: number, x: number, c: number): number => (i * 31 + y * 7 + x * 3 + c * 101) % 256;

/** The bytes of a file that `fixtures/make.py` wrote. */
export const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));

import { readFileSync } from "node:fs";

/** The bytes of a file that `fixtures/make.py` wrote. */
export const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

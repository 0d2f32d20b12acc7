import { readFile } from "node:fs/promises";

/** The whole lines of a JSONL file; a last line without its end, which a kill can leave, is not one. No file, no lines. */
export async function wholeLines(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").slice(0, -1);
}

/** Bytes of a report at most: parsed, it takes some five times as much, which a tab can hold. Those of `--full` have a few million. */
export const MOST_BYTES = 200e6;

/** The one file to open, before a byte of it is read; else why not, in a sentence. */
export function chosen(files: readonly File[] | FileList | undefined): File | string {
  const [file, ...others] = files ?? [];
  if (file === undefined) return "what was dropped is no file.";
  if (others.length > 0) return `expected one file, got ${others.length + 1}.`;
  if (file.size > MOST_BYTES)
    return `${file.name} has ${megabytes(file.size)} MB; this page reads reports of at most ${megabytes(MOST_BYTES)} MB.`;
  return file;
}

const megabytes = (bytes: number): string => String(Math.ceil(bytes / 1e6));

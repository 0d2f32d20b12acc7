/** Rows of the two panels of a tile that are packed at a time, and their depth: both panels stay in the second-level cache. */
export const ROWS: i32 = 128;
export const COLUMNS: i32 = 256;
export const DEPTH: i32 = 256;

/** Where this thread packs. Globals belong to an instance, and each thread has its own. */
export let scratch: usize = 0;

export function useScratch(address: usize): void {
  scratch = address;
}

/** Bytes that a thread needs at its scratch address: two panels, and a corner of a tile. */
export function scratchBytes(): usize {
  return 8 * (DEPTH * (ROWS + COLUMNS) + 32);
}

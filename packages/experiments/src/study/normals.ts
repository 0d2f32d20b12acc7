import { gaussian } from "@sgdscope/random";

/** Standard normal numbers, one after the other. */
export function normals(random: () => number): () => number {
  let [buffer, at] = [gaussian(0, random), 0];
  return () => {
    if (at === buffer.length) [buffer, at] = [gaussian(4096, random), 0];
    return buffer[at++]!;
  };
}

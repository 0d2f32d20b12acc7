/**
 * The word most like `word`: fewest insertions, deletions, substitutions and swaps of neighbours, case and separators aside;
 * undefined where none is closer than half the word's length.
 *
 * Cost O(Σ |word|·|candidate|).
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[-_ ]/g, "");
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(plain(word).length / 2)) + 1;
  for (const candidate of candidates) {
    const count = edits(plain(word), plain(candidate));
    if (count < fewest) [best, fewest] = [candidate, count];
  }
  return best;
}

/** The optimal string alignment distance. */
function edits(a: string, b: string): number {
  let [before, previous] = [new Array<number>(), Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(substituted, previous[j]! + 1, current[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      current.push(least);
    }
    [before, previous] = [previous, current];
  }
  return previous[b.length]!;
}

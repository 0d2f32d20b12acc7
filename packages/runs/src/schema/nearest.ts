import { closestMatch } from "leven";

const plain = (text: string): string => text.toLowerCase().replace(/[-_ ]/g, "");

/**
 * The word most like `word` by Levenshtein distance, case and separators aside; undefined where none is closer than half the
 * word's length.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const known = new Map([...candidates].map((candidate) => [plain(candidate), candidate]));
  const maxDistance = Math.max(1, Math.floor(plain(word).length / 2));
  const found = closestMatch(plain(word), [...known.keys()], { maxDistance });
  return found === undefined ? undefined : known.get(found);
}

import { AnalysisError } from "../../errors.js";

/** The fields of an object of unknown origin, each read as what it must be. */
export interface Fields {
  has: (name: string) => boolean;
  isNull: (name: string) => boolean;
  object: (name: string) => Fields;
  list: (name: string) => readonly unknown[];
  text: (name: string) => string;
  /** At most `most` texts of at most `letters` letters. */
  texts: (name: string, most: number, letters: number) => string[];
  oneOf: <T extends string>(name: string, choices: readonly T[]) => T;
  flag: (name: string) => boolean;
  /** Finite. */
  number: (name: string) => number;
  positive: (name: string) => number;
  nonNegative: (name: string) => number;
  /** Whole, from 1 up. */
  count: (name: string) => number;
  /** Whole numbers from 0 up. */
  sizes: (name: string) => number[];
}

const MOST_LETTERS = 10_000;

/**
 * @internal Reads the fields of what must be an object.
 *
 * @param path - Where it stands, for messages.
 * @throws AnalysisError INVALID_ARGUMENT with the argument `capture`, naming the field, what was expected and what came.
 */
export function fieldsOf(path: string, value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, "an object", value);
  const record = value as Record<string, unknown>;
  const get = (name: string): unknown => (Object.hasOwn(record, name) ? record[name] : undefined);
  const read = <T>(name: string, expected: string, accept: (found: unknown) => found is T): T => {
    const found = get(name);
    if (!accept(found)) throw wrong(`${path}.${name}`, expected, found);
    return found;
  };
  const numeric =
    (accept: (found: number) => boolean) =>
    (found: unknown): found is number =>
      typeof found === "number" && Number.isFinite(found) && accept(found);
  const isText = (found: unknown): found is string => typeof found === "string";
  const isList = (found: unknown): found is unknown[] => Array.isArray(found);
  return {
    has: (name) => get(name) !== undefined,
    isNull: (name) => get(name) === null,
    object: (name) => fieldsOf(`${path}.${name}`, get(name)),
    list: (name) => read(name, "a list", isList),
    text: (name) =>
      read(
        name,
        `a text of at most ${MOST_LETTERS} letters`,
        (found): found is string => isText(found) && found.length <= MOST_LETTERS,
      ),
    texts: (name, most, letters) =>
      read(
        name,
        `at most ${most} texts of at most ${letters} letters`,
        (found): found is string[] =>
          isList(found) && found.length <= most && found.every((each) => isText(each) && each.length <= letters),
      ),
    oneOf: <T extends string>(name: string, choices: readonly T[]) =>
      read(name, `one of ${choices.join(", ")}`, (found): found is T => isText(found) && choices.includes(found as T)),
    flag: (name) => read(name, "true or false", (found) => typeof found === "boolean"),
    number: (name) =>
      read(
        name,
        "a finite number",
        numeric(() => true),
      ),
    positive: (name) =>
      read(
        name,
        "a positive number",
        numeric((found) => found > 0),
      ),
    nonNegative: (name) =>
      read(
        name,
        "a number from 0 up",
        numeric((found) => found >= 0),
      ),
    count: (name) =>
      read(
        name,
        "a whole number from 1 up",
        numeric((found) => Number.isSafeInteger(found) && found > 0),
      ),
    sizes: (name) =>
      read(
        name,
        "a list of whole numbers",
        (found): found is number[] =>
          isList(found) &&
          found.length <= 64 &&
          found.every(numeric((each) => Number.isSafeInteger(each) && each >= 0)),
      ),
  };
}

function wrong(path: string, expected: string, found: unknown): AnalysisError {
  const shown = found === undefined ? "nothing" : JSON.stringify(found).slice(0, 80);
  return new AnalysisError("INVALID_ARGUMENT", "capture", `expected ${path} to be ${expected}, got ${shown}`);
}

import { visit } from "jsonc-parser";
import { ArrayFilesError, type ArrayFilesErrorCode } from "./errors.js";

/** Whose JSON it is, for messages, and how much of it is taken. */
export interface JsonTextOptions {
  caller: string;
  /** What the text is, as in "a header in JSON". */
  what: string;
  /** The code for text that is no JSON. */
  invalid: ArrayFilesErrorCode;
  /** Most brackets within brackets. */
  depth: number;
}

const MOST_VALUES = 2 ** 25;

/**
 * Parses JSON in UTF-8 that names each key of an object once.
 *
 * JSON.parse alone keeps the last of two equal keys in silence; so jsonc-parser, which reports keys, looks over the text first. Cost:
 * about four times JSON.parse.
 *
 * @throws ArrayFilesError `invalid`; CORRUPT, naming the key; TOO_LARGE for deeper nesting or more than 2²⁵ values.
 */
export function parseJsonText(bytes: Uint8Array, options: JsonTextOptions): unknown {
  const { caller, what, invalid } = options;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ArrayFilesError(invalid, `${caller}: expected ${what}, got bytes that are not UTF-8`, { cause: error });
  }
  inspect(text, options);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ArrayFilesError(invalid, `${caller}: this is not ${what}`, { cause: error });
  }
}

function inspect(text: string, { caller, what, depth }: JsonTextOptions): void {
  /** What is open: the keys of an object so far, nothing for an array. */
  const open: (Set<string> | undefined)[] = [];
  let values = 0;
  const count = (): void => {
    if (++values > MOST_VALUES)
      throw new ArrayFilesError("TOO_LARGE", `${caller}: expected ${what} of at most ${MOST_VALUES} values, got more`);
  };
  const enter = (keys?: Set<string>): void => {
    count();
    open.push(keys);
    if (open.length > depth)
      throw new ArrayFilesError("TOO_LARGE", `${caller}: expected ${what} of depth ${depth} or less, got a deeper one`);
  };
  const leave = (): void => void open.pop();
  visit(
    text,
    {
      onObjectBegin: () => enter(new Set()),
      onObjectEnd: leave,
      onArrayBegin: () => enter(),
      onArrayEnd: leave,
      onLiteralValue: count,
      onObjectProperty(key) {
        const keys = open.at(-1);
        if (keys?.has(key) === true)
          throw new ArrayFilesError("CORRUPT", `${caller}: expected each key once, got ${JSON.stringify(key)} twice`);
        keys?.add(key);
      },
    },
    { disallowComments: true },
  );
}

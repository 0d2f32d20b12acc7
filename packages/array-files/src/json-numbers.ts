// JSON has no infinities and no NaN. Here they are the texts "Infinity", "-Infinity" and "NaN", and a text that looks like one of
// them, with any number of backslashes before it, gets one backslash more: nothing is lost on the way there and back.
const lookalike = /^\\*(-?Infinity|NaN)$/;

/**
 * JSON that keeps every number: infinities and NaN become the texts `"Infinity"`, `"-Infinity"`, `"NaN"`. Typed arrays become
 * lists; undefined values of objects are left out.
 *
 * @param indent - Blanks per level; default none, one line.
 * @returns What {@link parseJson} reads back.
 */
export function formatJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, each: unknown) => encoded(each), indent);
}

function encoded(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string") return lookalike.test(value) ? `\\${value}` : value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float64Array);
  return value;
}

/**
 * The value of a JSON text, with the numbers that {@link formatJson} keeps.
 *
 * @throws SyntaxError for what is not JSON.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_, each: unknown) => {
    if (typeof each !== "string" || !lookalike.test(each)) return each;
    return each.startsWith("\\") ? each.slice(1) : Number(each);
  });
}

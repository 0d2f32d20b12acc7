import { asciiOf, numbersOf, type GlobalName, type Value } from "./values.js";

/**
 * What a call in the pickle of a batch stands for: an empty array, a dtype, or bytes that Python 3 wrote as text.
 *
 * @returns undefined for any other function or arguments.
 */
export function resultOf(name: GlobalName, args: readonly Value[]): Value | undefined {
  if (name === "reconstruct") {
    const [type, shape, letter] = args;
    const isArray = typeof type === "object" && type?.kind === "global" && type.name === "ndarray";
    return args.length === 3 && isArray && numbersOf(shape, "tuple")?.join() === "0" && asciiOf(letter) === "b"
      ? { kind: "array", state: undefined }
      : undefined;
  }
  if (name === "dtype") {
    const dtype = asciiOf(args[0]);
    return args.length === 3 && dtype !== undefined ? { kind: "dtype", name: dtype } : undefined;
  }
  if (name === "encode") {
    const [text, encoding] = args;
    const isText = typeof text === "object" && text?.kind === "text" && text.unicode;
    if (args.length !== 2 || !isText || asciiOf(encoding) !== "latin1") return undefined;
    const bytes = latin1Of(text.bytes);
    return bytes && { kind: "text", bytes, unicode: false };
  }
  return undefined;
}

/** Gives an array its shape and data, or confirms a dtype; false for any other state. */
export function restore(target: Value | undefined, state: Value | undefined): boolean {
  if (typeof target !== "object" || typeof state !== "object" || state?.kind !== "tuple") return false;
  if (target?.kind === "dtype")
    // Version 3 without byte order, subarray, names and fields; then sizes and flags, which such types leave at −1, −1, 0.
    return (
      state.items.length === 8 && asciiOf(state.items[1]) === "|" && state.items.slice(2, 5).every((x) => x === null)
    );
  if (target?.kind !== "array" || target.state !== undefined || state.items.length !== 5) return false;
  const [version, extents, dtype, fortran, data] = state.items;
  const shape = numbersOf(extents, "tuple");
  if (version !== 1 || shape === undefined || (fortran !== false && fortran !== 0)) return false;
  if (typeof dtype !== "object" || dtype?.kind !== "dtype") return false;
  if (typeof data !== "object" || data?.kind !== "text" || data.unicode) return false;
  target.state = { shape, dtype: dtype.name, data: data.bytes };
  return true;
}

/** UTF-8 of characters below 256 as one byte each; undefined where there are others. */
function latin1Of(utf8: Uint8Array): Uint8Array | undefined {
  let size = utf8.length;
  for (const byte of utf8) if (byte >= 0xc0) size--;
  const bytes = new Uint8Array(size);
  let to = 0;
  for (let from = 0; from < utf8.length; from++) {
    const byte = utf8[from]!;
    if (byte < 0x80) bytes[to++] = byte;
    else {
      const next = utf8[++from] ?? 0;
      if ((byte !== 0xc2 && byte !== 0xc3) || (next & 0xc0) !== 0x80) return undefined;
      bytes[to++] = ((byte & 3) << 6) | (next & 0x3f);
    }
  }
  return bytes;
}

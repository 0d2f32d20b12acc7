/** What the pickle of a batch is made of; nothing here ever runs. */
export type Value =
  | number
  | boolean
  | null
  | Text
  | { kind: "list" | "tuple"; items: Value[] }
  | { kind: "dictionary"; entries: Map<string, Value> }
  | { kind: "global"; name: GlobalName }
  | ElementType
  | NumpyArray;

/** A string of Python: `bytes` as they are in the pickle, which for unicode is UTF-8. */
interface Text {
  kind: "text";
  bytes: Uint8Array;
  unicode: boolean;
}

/** A numpy dtype, such as `u1`. */
interface ElementType {
  kind: "dtype";
  name: string;
}

/** A numpy array; without shape and data until its state has been read. */
interface NumpyArray {
  kind: "array";
  state: { shape: number[]; dtype: string; data: Uint8Array } | undefined;
}

/** The only functions and classes that a batch refers to. They are names to this reader, and stand for fixed constructions. */
const globals = {
  "numpy.core.multiarray _reconstruct": "reconstruct",
  "numpy._core.multiarray _reconstruct": "reconstruct",
  "numpy ndarray": "ndarray",
  "numpy dtype": "dtype",
  "_codecs encode": "encode",
} as const;

export type GlobalName = (typeof globals)[keyof typeof globals];

export const globalCalled = (name: string): GlobalName | undefined =>
  Object.hasOwn(globals, name) ? globals[name as keyof typeof globals] : undefined;

/** ASCII text, or undefined for anything else and for what is longer than any key here. */
export function asciiOf(value: Value | undefined): string | undefined {
  if (typeof value !== "object" || value?.kind !== "text" || value.bytes.length > 100) return undefined;
  return value.bytes.every((byte) => byte < 0x80) ? String.fromCharCode(...value.bytes) : undefined;
}

/** The numbers of a tuple or list, or undefined for anything else. */
export function numbersOf(value: Value | undefined, kind: "list" | "tuple"): number[] | undefined {
  if (typeof value !== "object" || value?.kind !== kind) return undefined;
  return value.items.every((item) => typeof item === "number") ? value.items : undefined;
}

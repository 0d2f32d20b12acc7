import { HessianEstimatorsError } from "./errors.js";

/** The values in a state: JSON and Float64Arrays. */
export type StateValue =
  | number
  | string
  | boolean
  | null
  | undefined
  | Float64Array
  | readonly StateValue[]
  | { readonly [key: string]: StateValue };

/** An estimate between two of its products: everything that is needed to resume. */
export interface EstimatorState {
  /** The function it is a state of. */
  readonly estimator: string;
  /** Of this format. */
  readonly version: 1;
  /** Of the operator. */
  readonly size: number;
  /** The seed and the options that the computation depends on, as JSON. */
  readonly settings: string;
  /** Products spent so far. */
  readonly matvecs: number;
  /** What the estimator keeps, in a layout of its own. */
  readonly body: StateValue;
}

const ARRAY = "$float64";
const NUMBER = "$number";

/**
 * A state as JSON text, to the last bit: arrays as base64 of their little-endian bytes, and the names of numbers that JSON lacks.
 *
 * About 11 characters per number. `decodeState` reads it, and so can other languages.
 */
export function encodeState(state: EstimatorState): string {
  return JSON.stringify(state, (_key, value: unknown) => {
    if (value instanceof Float64Array) return { [ARRAY]: toBase64(value) };
    if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
      return { [NUMBER]: Object.is(value, -0) ? "-0" : String(value) };
    return value;
  });
}

/**
 * The state in a text made by `encodeState`.
 *
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if the text is not such a text.
 */
export function decodeState(text: string): EstimatorState {
  let state: unknown;
  try {
    state = JSON.parse(text, (_key, value: unknown) => {
      if (typeof value !== "object" || value === null) return value;
      if (ARRAY in value) return fromBase64(String(value[ARRAY]));
      return NUMBER in value ? Number(value[NUMBER]) : value;
    });
  } catch {
    state = undefined;
  }
  if (!isState(state))
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `decodeState: the text, of ${text.length} ${text.length === 1 ? "character" : "characters"}, was not made by encodeState`,
    );
  return state;
}

const isState = (value: unknown): value is EstimatorState =>
  typeof value === "object" &&
  value !== null &&
  "version" in value &&
  value.version === 1 &&
  ["estimator", "settings", "body", "size", "matvecs"].every((key) => key in value);

/** Little-endian on every machine. */
function toBase64(array: Float64Array): string {
  const view = new DataView(new ArrayBuffer(array.length * 8));
  array.forEach((x, i) => view.setFloat64(8 * i, x, true));
  const bytes = new Uint8Array(view.buffer);
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

function fromBase64(text: string): Float64Array {
  const binary = atob(text);
  const view = new DataView(new ArrayBuffer(binary.length));
  for (let i = 0; i < binary.length; i++) view.setUint8(i, binary.charCodeAt(i));
  return Float64Array.from({ length: binary.length / 8 }, (_, i) => view.getFloat64(8 * i, true));
}

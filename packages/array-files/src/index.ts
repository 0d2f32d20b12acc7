export type { ReadBudget } from "./budgets.js";
export type { Dataset } from "./dataset.js";
export { ArrayFilesError, type ArrayFilesErrorCode } from "./errors.js";
export { formatJson, parseJson } from "./json-numbers.js";
export { readArray, readArrays, writeArrays, type WriteArraysOptions } from "./files.js";
export { toFloat64, type NamedArray, type NumericArray } from "./named-array.js";
export { formatNpy, parseNpy } from "./npy.js";
export { formatNpz, parseNpz, type FormatNpzOptions } from "./npz.js";
export { formatSafetensors, parseSafetensors, type Safetensors } from "./safetensors.js";

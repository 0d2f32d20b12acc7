/** What can go wrong in this package, as a closed set of codes. */
export type ModelsErrorCode =
  /** An option or layer is not of the expected kind or range. */
  | "OPTION"
  /** A layer cannot take the shape it is given, or an input has another shape than the model expects. */
  | "SHAPE"
  /** A parameter, buffer or weight is missing, surplus, or of another shape. */
  | "PARAMETERS"
  /** A file or shard does not exist. */
  | "FILE_MISSING"
  /** A file exists but its content is too short, too long or invalid. */
  | "FILE_CONTENT"
  /** A layer of a LayersModel or a dtype that this package does not support. */
  | "UNSUPPORTED"
  /** An optional package or Node itself is needed and missing. */
  | "NOT_AVAILABLE";

/** Every error this package throws on purpose; recognise it by `name` and `code`. */
export class ModelsError extends Error {
  override readonly name = "ModelsError";
  readonly code: ModelsErrorCode;

  constructor(code: ModelsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `value` if it is an integer of at least `minimum`; otherwise an `OPTION` error that names it. */
export function integer(where: string, name: string, value: unknown, minimum = 1): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < minimum)
    throw new ModelsError("OPTION", `${where}: expected ${name} to be an integer ≥ ${minimum}, got ${show(value)}`);
  return value;
}

/** `value` if it is one of `choices`; otherwise an `OPTION` error that lists them. */
export function oneOf<T extends string>(where: string, name: string, value: unknown, choices: readonly T[]): T {
  if (!choices.includes(value as T))
    throw new ModelsError(
      "OPTION",
      `${where}: expected ${name} to be one of ${choices.join(", ")}, got ${show(value)}`,
    );
  return value as T;
}

/** A shape as people write it: `32×32×3`. */
export const showShape = (shape: readonly number[]): string => (shape.length === 0 ? "scalar" : shape.join("×"));

/** A value for an error message. */
export const show = (value: unknown): string =>
  typeof value === "string" ? `"${value}"` : value === undefined ? "nothing" : JSON.stringify(value);

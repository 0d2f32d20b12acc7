import { HessianEstimatorsError } from "../errors.js";

function refuse(caller: string, expected: string, got: unknown): never {
  const shown = typeof got === "number" || typeof got === "string" ? String(got) : typeof got;
  throw new HessianEstimatorsError("INVALID_ARGUMENT", `${caller}: expected ${expected}, got ${shown}`);
}

export function checkRandom(caller: string, random: unknown): void {
  if (typeof random !== "function") refuse(caller, "random to be a function that returns numbers on [0, 1)", random);
}

export function checkInteger(caller: string, name: string, value: number, least: number, most = Infinity): void {
  if (!Number.isInteger(value) || value < least || value > most)
    refuse(
      caller,
      most === Infinity ? `${name} to be an integer of at least ${least}` : `${name} between ${least} and ${most}`,
      value,
    );
}

export function checkPositive(caller: string, name: string, value: number): void {
  if (!(value > 0) || value === Infinity) refuse(caller, `${name} to be a positive number`, value);
}

export function checkOneOf(caller: string, name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) refuse(caller, `${name} to be one of ${choices.join(", ")}`, value);
}

export function checkLength(caller: string, name: string, value: ArrayLike<number>, length: number): void {
  if (value.length !== length) refuse(caller, `${name} of length ${length}`, value.length);
}

/** A probability, or another number strictly between 0 and 1. */
export function checkShare(caller: string, name: string, value: number): void {
  if (!(value > 0 && value < 1)) refuse(caller, `${name} between 0 and 1`, value);
}

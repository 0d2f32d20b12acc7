import { InvalidArgumentError } from "commander";

/** Parsers of option values; each says what it expected and what came. */

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(`Expected a positive number, got '${text}'.`);
  return value;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`Expected a whole number from 1 up, got '${text}'.`);
  return value;
}

/** Significant digits of a Float64: 1 to 17. */
export function digitCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 17)
    throw new InvalidArgumentError(`Expected a whole number of digits from 1 to 17, got '${text}'.`);
  return value;
}

/** From 0 up, whole. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError(`Expected a whole number from 0 up, got '${text}'.`);
  return value;
}

/** Between 0 and 1, without either. */
export function shareNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value < 1))
    throw new InvalidArgumentError(`Expected a number between 0 and 1, got '${text}'.`);
  return value;
}

/** Between −1 and 1, without either. */
export function signedMomentum(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > -1 && value < 1))
    throw new InvalidArgumentError(`Expected a number between -1 and 1, got '${text}'.`);
  return value;
}

/** From 0 up. */
export function nonNegativeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError(`Expected a number from 0 up, got '${text}'.`);
  return value;
}

/** From 0 up to, but not, 1. */
export function momentumNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1))
    throw new InvalidArgumentError(`Expected a number in [0, 1), got '${text}'.`);
  return value;
}

/** The smoothing of labels lies in the same range. */
export const smoothingNumber = (text: string): number => momentumNumber(text);

/** From 0 to 1, both included. */
export function dampeningNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError(`Expected a number in [0, 1], got '${text}'.`);
  return value;
}

export function seedNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0 || value >= 2 ** 32)
    throw new InvalidArgumentError(`Expected a whole number from 0 to 4294967295, got '${text}'.`);
  return value;
}

/** "1,4,16" → [1, 4, 16]. */
export function integerList(text: string): number[] {
  return text.split(",").map((part) => positiveInteger(part.trim()));
}

/** Batch sizes "1,4,16"; Bernoulli batches, whose size is an expectation, may have one like 2.5: the analysis says where they may not. */
export const batchSizeList = (text: string): number[] => text.split(",").map((part) => batchSizeNumber(part.trim()));

/** "0,0.9": momenta. */
export const momentumList = (text: string): number[] => text.split(",").map((part) => momentumNumber(part.trim()));

/** "0.01,0.1": positive numbers. */
export const positiveList = (text: string): number[] => text.split(",").map((part) => positiveNumber(part.trim()));

/** One batch size, as {@link batchSizeList} takes them. */
export function batchSizeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(
      `Expected a whole number from 1 up (with --sampling bernoulli any positive number), got '${text}'.`,
    );
  return value;
}

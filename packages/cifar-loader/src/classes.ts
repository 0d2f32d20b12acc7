import { CifarError } from "./errors.js";

/** A class by its name or its label. */
export type ClassChoice = string | number;

/** Labels of the chosen classes, in the order chosen; all where none is chosen. */
export function resolveClasses(
  caller: string,
  names: readonly string[],
  choice: readonly ClassChoice[] | undefined,
): number[] {
  if (choice === undefined) return names.map((_, label) => label);
  const labels = choice.map((wanted) => {
    const label = typeof wanted === "number" ? wanted : names.indexOf(wanted);
    if (!Number.isInteger(label) || label < 0 || label >= names.length)
      throw new CifarError(
        "INVALID_ARGUMENT",
        `${caller}: expected classes among ${names.join(", ")} or 0 to ${names.length - 1}, got ${wanted}`,
      );
    return label;
  });
  if (labels.length === 0 || new Set(labels).size !== labels.length)
    throw new CifarError(
      "INVALID_ARGUMENT",
      `${caller}: expected classes to be one or more different ones, got [${choice.join(", ")}]`,
    );
  return labels;
}

/** How many examples to take: the first `count` of all, or the first `perClass` of each class, after `offset` others. */
export interface Amount {
  count?: number | undefined;
  perClass?: number | undefined;
  /** Records of the chosen classes that are passed over first: of all, or of each class where `perClass` is given. Default 0. */
  offset?: number | undefined;
}

/** Decides record by record, in file order, which to take. */
export interface Selector {
  want(label: number): boolean;
  /** Whether everything asked for has been taken. */
  done(): boolean;
  /** Throws unless everything asked for has been taken. */
  finish(): void;
}

/** The first records of these classes in file order, as many as asked for; all where nothing is asked. */
export function createSelector(
  caller: string,
  labels: readonly number[],
  names: readonly string[],
  { count, perClass, offset = 0 }: Amount,
): Selector {
  if (count !== undefined && perClass !== undefined)
    throw new CifarError("INVALID_ARGUMENT", `${caller}: expected count or perClass, got both`);
  for (const [name, value] of Object.entries({ count, perClass }))
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      throw new CifarError("INVALID_ARGUMENT", `${caller}: expected ${name} to be a positive integer, got ${value}`);
  if (!Number.isInteger(offset) || offset < 0)
    throw new CifarError("INVALID_ARGUMENT", `${caller}: expected offset to be 0 or a positive integer, got ${offset}`);
  const passed = new Map(labels.map((label) => [label, 0]));
  let passedOver = 0;
  const taken = new Map(labels.map((label) => [label, 0]));
  let total = 0;
  const most = count ?? (perClass ?? Infinity) * labels.length;
  return {
    want(label) {
      const sofar = taken.get(label);
      if (sofar === undefined || total >= most || (perClass !== undefined && sofar >= perClass)) return false;
      if ((perClass === undefined ? passedOver : passed.get(label)!) < offset) {
        passedOver++;
        passed.set(label, passed.get(label)! + 1);
        return false;
      }
      taken.set(label, sofar + 1);
      total++;
      return true;
    },
    done: () => total >= most,
    finish() {
      if (most === Infinity ? total > 0 : total >= most) return;
      const found = labels.map((label) => `${taken.get(label)!} ${names[label]!}`).join(", ");
      const asked =
        count !== undefined
          ? `${count} records`
          : perClass !== undefined
            ? `${perClass} records of each class`
            : "records";
      throw new CifarError(
        "TOO_FEW_RECORDS",
        `${caller}: expected ${asked} of these classes${offset > 0 ? ` after the first ${offset}` : ""}, got ${found}`,
      );
    },
  };
}

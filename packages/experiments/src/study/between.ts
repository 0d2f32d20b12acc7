import type { StateArray } from "@sgdscope/sgd";

/** A point on the line through two snapshots, and how far these are from each other. */
export interface Between {
  /** Parameters alone, for `restore`. */
  arrays: Record<string, StateArray>;
  /** ‖θ_to − θ_from‖. */
  distance: number;
}

const isParameter = (name: string): boolean => name.startsWith("parameters");

/**
 * (1 − α)θ_from + αθ_to for a position α, beyond the ends as well, of two snapshots of one trainee.
 *
 * @throws RangeError for snapshots of other parameters.
 */
export function between(
  from: Readonly<Record<string, StateArray>>,
  to: Readonly<Record<string, StateArray>>,
  position: number,
): Between {
  let square = 0;
  const arrays = Object.entries(from)
    .filter(([name]) => isParameter(name))
    .map(([name, { shape, data }]): [string, StateArray] => {
      const other = to[name]?.data;
      if (other?.length !== data.length)
        throw new RangeError(`between: expected ${data.length} numbers of ${name}, got ${other?.length ?? "nothing"}`);
      const mixed = data.slice();
      for (let k = 0; k < data.length; k++) {
        const difference = other[k]! - data[k]!;
        square += difference * difference;
        mixed[k] = position === 1 ? other[k]! : data[k]! + position * difference;
      }
      return [name, { shape, data: mixed }];
    });
  return { arrays: Object.fromEntries(arrays), distance: Math.sqrt(square) };
}

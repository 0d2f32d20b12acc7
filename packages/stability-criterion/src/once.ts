import type { PreparedMinimum } from "./minimum.js";

/** @internal Remembers what a function gave for a prepared minimum, so that batch sizes share what does not depend on them. */
export function oncePerMinimum<T>(compute: (minimum: PreparedMinimum) => T): (minimum: PreparedMinimum) => T {
  const known = new WeakMap<PreparedMinimum, { value: T }>();
  return (minimum) => {
    let found = known.get(minimum);
    if (found === undefined) known.set(minimum, (found = { value: compute(minimum) }));
    return found.value;
  };
}

/** @internal Remembers what a function gave for a prepared minimum, so that batch sizes share what does not depend on them. */
export function oncePerMinimum<Minimum extends object, T>(compute: (minimum: Minimum) => T): (minimum: Minimum) => T {
  const known = new WeakMap<Minimum, { value: T }>();
  return (minimum) => {
    let found = known.get(minimum);
    if (found === undefined) known.set(minimum, (found = { value: compute(minimum) }));
    return found.value;
  };
}

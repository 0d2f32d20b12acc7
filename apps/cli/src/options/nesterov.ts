import { usageError } from "../terminal/errors.js";

/** Refuses `--nesterov` where there is no momentum that it could be of. */
export function expectMomentum(momenta: readonly number[] | undefined): void {
  if (momenta?.some((momentum) => momentum !== 0) !== true) throw usageError("--nesterov needs --momentum <β> above 0");
}

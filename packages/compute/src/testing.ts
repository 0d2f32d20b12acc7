import { BACKENDS, type BackendName } from "./backend/packages.js";
import { prepareBackend } from "./backend/prepare.js";
import { ComputeError } from "./errors.js";

/** The backends that a test runs on by default. */
const USUAL: BackendName[] = ["cpu", "wasm", "tensorflow", "webgpu"];

/**
 * The backends that a test should run on: for `describe.each(await backendsUnderTest())`.
 *
 * Those named in the environment variable `SGDSCOPE_BACKENDS` ("cpu,wasm,tensorflow"), without a check, so that one that does not load
 * fails the test that prepares it. Without the variable, those of cpu, wasm, tensorflow and webgpu that work here; the others are named on
 * stderr.
 *
 * @param among - The backends that the test supports, if it does not support all.
 * @throws ComputeError `UNKNOWN_BACKEND` if the variable names an unknown backend.
 */
export async function backendsUnderTest(among: readonly BackendName[] = BACKENDS): Promise<BackendName[]> {
  const named = process.env["SGDSCOPE_BACKENDS"];
  if (named) {
    const names = named.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !(BACKENDS as readonly string[]).includes(name));
    if (unknown !== undefined)
      throw new ComputeError(
        "UNKNOWN_BACKEND",
        `backendsUnderTest: expected SGDSCOPE_BACKENDS to name some of ${BACKENDS.join(", ")}, got ${JSON.stringify(unknown)}`,
      );
    return among.filter((name) => names.includes(name));
  }
  const working: BackendName[] = [];
  for (const name of USUAL.filter((each) => among.includes(each))) {
    try {
      await prepareBackend(name);
      working.push(name);
    } catch (error) {
      if (!(error instanceof ComputeError)) throw error;
      process.stderr.write(`tests skip the backend ${name}: ${error.message}\n`);
    }
  }
  return working;
}

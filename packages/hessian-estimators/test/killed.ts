import { renameSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { encodeState, traceAndNorm, type ResumableOptions, type TraceAndNorm } from "@sgdscope/hessian-estimators";

const size = 200;

/** An estimate of some length: of diag(1/i), rotated by one reflection. */
export function estimate(options: ResumableOptions, pause = 0): Promise<TraceAndNorm> {
  const reflect = (v: Float64Array): Float64Array => {
    const mean = v.reduce((sum, x) => sum + x, 0) / size;
    return v.map((x) => x - 2 * mean);
  };
  const apply = async (v: Float64Array): Promise<Float64Array> => {
    if (pause > 0) await new Promise((done) => setTimeout(done, pause));
    return reflect(reflect(v).map((x, i) => x / (i + 1)));
  };
  return traceAndNorm({ size, apply }, { seed: 11, maxMatvecs: 60, ...options });
}

// Run as a program, it writes its state after every product, slowly enough to be killed on the way.
const [, program, file] = process.argv;
if (file !== undefined && import.meta.url === pathToFileURL(program!).href)
  await estimate(
    {
      onCheckpoint(state) {
        writeFileSync(`${file}.new`, encodeState(state));
        renameSync(`${file}.new`, file);
      },
    },
    40,
  );

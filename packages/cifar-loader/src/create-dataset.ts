import { resolveClasses, createSelector, type Amount, type ClassChoice } from "./classes.js";
import { cifar10Classes } from "./class-names.js";
import type { ImageDataset, PixelStatistics, Provenance, TargetEncoding } from "./dataset.js";
import { CifarError } from "./errors.js";
import { VALUES, type Records } from "./records.js";
import { encodeTargets } from "./targets.js";

/** Which examples, and as which numbers. */
export interface DatasetOptions extends Amount {
  /** Names or labels, in the order of the targets. Default all. */
  classes?: readonly ClassChoice[] | undefined;
  /** Default `one-hot`. */
  targets?: TargetEncoding | undefined;
  /**
   * `unit`: pixel/255. `standardized`: pixel/255 minus the mean image of the selected examples, divided by the root mean square of
   * what remains over all pixels, channels and examples. Statistics of another dataset (the training set's, for a test set) are used
   * as given. Default `unit`.
   */
  scaling?: "unit" | "standardized" | PixelStatistics | undefined;
}

/** What records of bytes do not say about themselves. */
export interface RecordNames {
  name?: string | undefined;
  classNames?: readonly string[] | undefined;
  provenance?: Provenance | undefined;
}

/**
 * Images of bytes as a dataset: the first records of the chosen classes in file order, scaled, with targets.
 *
 * Statistics are accumulated in double precision. Cost: 12 kB an example.
 *
 * @param records - As `parseCifar10` gives them, or any labelled 32×32×3 bytes.
 * @param options - Which examples, and as which numbers.
 * @param names - Name, class names (default those of CIFAR-10) and provenance to carry along.
 * @throws CifarError INVALID_ARGUMENT or TOO_FEW_RECORDS.
 */
export function createDataset(records: Records, options: DatasetOptions = {}, names: RecordNames = {}): ImageDataset {
  const { name = "images", classNames = cifar10Classes } = names;
  const caller = "createDataset";
  const labels = resolveClasses(caller, classNames, options.classes);
  const selector = createSelector(caller, labels, classNames, options);
  const chosen: number[] = [];
  for (let i = 0; i < records.count; i++) if (selector.want(records.labels[i]!)) chosen.push(i);
  selector.finish();
  const all = chosen.length === records.count;
  const pixels = all ? records.pixels : gatherBytes(records.pixels, chosen);
  return assemble(
    caller,
    pixels,
    Uint8Array.from(chosen, (i) => records.labels[i]!),
    labels,
    options,
    {
      name,
      classNames,
      provenance: names.provenance ?? { what: name, files: [], complete: false, steps: [] },
    },
  );
}

interface Names {
  name: string;
  classNames: readonly string[];
  provenance: Provenance;
}

/** A dataset of exactly these images; `raw` are labels as in the file, `order` says which of them the classes are. */
export function assemble(
  caller: string,
  pixels: Uint8Array,
  raw: Uint8Array,
  order: readonly number[],
  { targets: encoding = "one-hot", scaling = "unit" }: DatasetOptions,
  { name, classNames, provenance }: Names,
): ImageDataset {
  const place = new Map(order.map((label, i) => [label, i]));
  const labels = raw.map((label) => place.get(label)!);
  const { outputs, targets } = encodeTargets(caller, labels, order.length, encoding);
  const statistics = scaling === "unit" ? undefined : scaling === "standardized" ? measure(caller, pixels) : scaling;
  const inputs = statistics === undefined ? toUnit(pixels) : standardize(caller, pixels, statistics);
  const classes = order.map((label) => classNames[label]!);
  const size = labels.length;
  return {
    name,
    size,
    inputShape: [32, 32, 3],
    outputs,
    inputs,
    targets,
    labels,
    classes,
    encoding,
    statistics,
    provenance,
  };
}

function gatherBytes(pixels: Uint8Array, chosen: readonly number[]): Uint8Array {
  const result = new Uint8Array(chosen.length * VALUES);
  chosen.forEach((from, to) => result.set(pixels.subarray(from * VALUES, (from + 1) * VALUES), to * VALUES));
  return result;
}

/** Mean image and overall deviation; integer sums, so exact up to the last division. */
function measure(caller: string, pixels: Uint8Array): PixelStatistics {
  const count = pixels.length / VALUES;
  const sum = new Float64Array(VALUES);
  let squares = 0;
  for (let i = 0, at = 0; i < pixels.length; i++) {
    sum[at]! += pixels[i]!;
    squares += pixels[i]! * pixels[i]!;
    if (++at === VALUES) at = 0;
  }
  // Σ(x − x̄)² = Σx² − (Σx)²/n, all integers below 2⁵³ before the division.
  const scatter = sum.reduce((rest, total) => rest - (total * total) / count, squares);
  const deviation = Math.sqrt(Math.max(0, scatter) / pixels.length) / 255;
  if (!(deviation > 1e-9))
    throw new CifarError(
      "INVALID_ARGUMENT",
      `${caller}: expected images that differ, to standardize them, got ${count} equal ones`,
    );
  return { mean: Float32Array.from(sum, (total) => total / count / 255), deviation };
}

function toUnit(pixels: Uint8Array): Float32Array {
  const inputs = new Float32Array(pixels.length);
  for (let i = 0; i < inputs.length; i++) inputs[i] = pixels[i]! / 255;
  return inputs;
}

function standardize(caller: string, pixels: Uint8Array, { mean, deviation }: PixelStatistics): Float32Array {
  if (mean.length !== VALUES || !(deviation > 0))
    throw new CifarError(
      "INVALID_ARGUMENT",
      `${caller}: expected scaling with a mean of ${VALUES} values and a positive deviation, got ${mean.length} and ${deviation}`,
    );
  const inputs = new Float32Array(pixels.length);
  for (let i = 0, at = 0; i < inputs.length; i++) {
    inputs[i] = (pixels[i]! / 255 - mean[at]!) / deviation;
    if (++at === VALUES) at = 0;
  }
  return inputs;
}

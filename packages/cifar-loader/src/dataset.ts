/** A file that records came from. */
export interface FileUse {
  /** Path of the file. */
  file: string;
  /** Size in bytes. */
  bytes: number;
  /** Whole records in it. */
  records: number;
  /** SHA-256 of the whole file, hexadecimal. */
  sha256: string;
}

/** Where a dataset's examples come from and what was done to them, in plain data that survives JSON. */
export interface Provenance {
  /** What the examples are, in words. */
  what: string;
  /** The files read, in order; none for generated data. */
  files: FileUse[];
  /** Whether the files read are the complete official ones. Say so where an accuracy is reported. */
  complete: boolean;
  /** Shuffles and corruptions since, in order. */
  steps: string[];
}

/**
 * How a class becomes numbers to fit.
 *
 * - `one-hot`: C outputs, 1 at the class and 0 elsewhere.
 * - `plus-minus-one`: one output for two classes, −1 for the first and +1 for the second.
 * - `scalar`: one output, the index of the class.
 */
export type TargetEncoding = "one-hot" | "plus-minus-one" | "scalar";

/** The statistics that standardise pixels; from the training set, for the test set too. */
export interface PixelStatistics {
  /** The mean image in units of pixel/255, [32, 32, 3] row-major. */
  mean: Float32Array;
  /** Root mean square of (pixel/255 − mean image) over all pixels, channels and examples. */
  deviation: number;
}

/**
 * Labelled 32×32 colour images as typed arrays: what training code needs, and what the numbers are.
 *
 * `inputs` is row-major [size, 32, 32, 3] (example, row, column, red-green-blue) and `targets` row-major [size, outputs].
 */
export interface ImageDataset {
  name: string;
  size: number;
  inputShape: number[];
  outputs: number;
  inputs: Float32Array;
  targets: Float32Array;
  /** Index of each example's class in `classes`. */
  labels: Uint8Array;
  /** Names of the classes, in the order of the targets. */
  classes: string[];
  encoding: TargetEncoding;
  /** What the inputs were standardised with; undefined where they are pixel/255. */
  statistics: PixelStatistics | undefined;
  provenance: Provenance;
}

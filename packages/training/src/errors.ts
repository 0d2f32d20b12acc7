/** What can be wrong with what a training is asked for. */
export type TrainingErrorCode =
  /** Settings are not those of a training; `faults` has every fault. */
  | "INVALID_SETTINGS"
  /** A run folder holds no parameters yet, or none of a training. */
  | "NO_PARAMETERS"
  /** A folder holds no run. */
  | "NO_RUN"
  /** A checkpoint is not one of this training. */
  | "INVALID_CHECKPOINT";

/** What is wrong, and with which setting. */
interface Fault {
  /** Dotted, such as `data.count`; empty for the whole. */
  path: string;
  problem: string;
}

/** Every error this package throws on purpose; recognise it by `name` and `code`. */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
  readonly code: TrainingErrorCode;
  /** Every fault, each with the place of the setting; of other codes one, without a place. */
  readonly faults: readonly Fault[];

  constructor(code: TrainingErrorCode, faults: readonly Fault[], options?: ErrorOptions) {
    super(faults.map(({ path, problem }) => (path === "" ? problem : `${path}: ${problem}`)).join("; "), options);
    this.code = code;
    this.faults = faults;
  }
}

/** What can go wrong in this package, as a closed set of codes. */
export type ResultFilesErrorCode =
  /** A table has no column, or a value that the format cannot hold. */
  | "INVALID_TABLE"
  /** A folder contains no run. */
  | "NO_RUNS"
  /** A `run.json` or a line of `metrics.jsonl` is invalid. */
  | "INVALID_RUN"
  /** The optional package `@duckdb/node-api` is not installed. */
  | "NOT_INSTALLED"
  /** DuckDB refused the query; the message is that of DuckDB. */
  | "QUERY_FAILED";

/** Every error this package throws on purpose; recognise it by `name` and `code`. */
export class ResultFilesError extends Error {
  override readonly name = "ResultFilesError";
  readonly code: ResultFilesErrorCode;

  constructor(code: ResultFilesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

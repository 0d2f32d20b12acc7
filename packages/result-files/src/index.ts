export { formatCsv } from "./csv.js";
export { ResultFilesError, type ResultFilesErrorCode } from "./errors.js";
export { formatTableNpz } from "./npz.js";
export { formatParquet } from "./parquet.js";
export { queryRuns, type QueryResult } from "./query.js";
export { findRuns, metricsTable, readRuns, recordsTable, type StoredRun } from "./runs.js";
export { tableOf, type Cell, type Column, type Table } from "./table.js";
export { eventFileName, formatTensorBoard, type Scalar } from "./tensorboard.js";

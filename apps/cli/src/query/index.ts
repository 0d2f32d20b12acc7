import type { Command } from "commander";
import type { QueryOptions } from "./options.js";

/** `sgdscope query`: SQL over run folders. */
export function addQuery(program: Command): void {
  program
    .command("query")
    .summary("SQL over run folders, by DuckDB")
    .description(
      "Answers an SQL query over run folders. There are two tables: metrics, with one row per checked loss (run, step, loss), and runs, " +
        "with one row per run (id, task, state, record and environment, as structures: record.minimum.edgeRatio).\n\n" +
        "Needs the optional package @duckdb/node-api.",
    )
    .argument("<sql>", 'e.g. "select run, min(loss) from metrics group by run"')
    .option("--runs <folder...>", "run folders, or folders that hold some: a sweep, runs", ["runs"])
    .option("--json", "print one JSON document (schema sgdscope/query@1)")
    .action(async (sql: string, options: QueryOptions) => (await import("./run.js")).query(sql, options));
}

#!/usr/bin/env node
import { storageError } from "@sgdscope/runs";
import { program } from "./program.js";
import { reportError } from "./terminal/errors.js";

const report = (error: unknown): number => reportError(error, (line) => process.stderr.write(line));

// A closed pipe (`sgdscope … | head`) is the reader's choice, not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : report(storageError("standard output", error))),
);
// Beyond `ulimit -f` the system ends a process, unless it listens: then the write fails, and says so.
process.on("SIGXFSZ", () => undefined);

try {
  await program().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

#!/usr/bin/env node
import { program } from "./program.js";
import { reportError } from "./terminal/errors.js";

// A closed pipe (`sgdscope … | head`) is the reader's choice, not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  await program().parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error, (line) => process.stderr.write(line));
}

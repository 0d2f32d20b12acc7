import { vi } from "vitest";
import { program } from "../src/program.js";
import { reportError } from "../src/terminal/errors.js";

/** What a command printed and how it ended. */
export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs `sgdscope …` in this process, as main.ts does. */
export async function sgdscope(...argv: string[]): Promise<Outcome> {
  const printed = { stdout: "", stderr: "" };
  const capture = (name: "stdout" | "stderr") =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      printed[name] += String(text);
      return true;
    });
  const spies = [capture("stdout"), capture("stderr")];
  process.exitCode = 0;
  try {
    await program().parseAsync(["node", "sgdscope", ...argv]);
  } catch (error) {
    process.exitCode = reportError(error, (line) => process.stderr.write(line));
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const exitCode = process.exitCode;
  process.exitCode = 0;
  return { exitCode, ...printed };
}

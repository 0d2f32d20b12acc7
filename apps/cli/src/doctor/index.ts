import type { Command } from "commander";

/** `sgdscope doctor`: what is here, how fast it is, and what would make it faster. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .summary("what this machine can compute with, how fast, and what to install for more")
    .description(
      "Tries every backend, measures matMul and conv2d on those that work, and says what to install for more.",
    )
    .option("--no-speed", "do not measure speed")
    .option("--json", "print one JSON document (schema sgdscope/doctor@1)")
    .action(async (options: { speed: boolean; json?: boolean }) => (await import("./run.js")).doctor(options));
}

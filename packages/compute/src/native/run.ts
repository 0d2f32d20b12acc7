import { spawn } from "node:child_process";

/** How a program ended, and what it wrote. */
export interface Outcome {
  /** `undefined` if there is no such program. */
  status: number | undefined;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  folder?: string;
  environment?: NodeJS.ProcessEnv;
}

/** Runs a program to its end. That it fails, or is not there, is a result. */
export function run(program: string, args: string[], { folder, environment }: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    const finish = (status: number | undefined): void =>
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    child.once("error", () => finish(undefined));
    child.once("close", (status) => finish(status ?? 1));
  });
}

/** The last lines of a log, for a message. */
export const lastLines = (text: string, count = 6): string => text.trim().split("\n").slice(-count).join("\n");

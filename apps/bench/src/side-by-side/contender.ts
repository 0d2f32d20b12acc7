import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { RunOptions } from "./serve.js";

/** What a contender says of one run. */
export interface Answer {
  seconds: number;
  processorSeconds: number;
  values?: Record<string, number>;
  products?: number;
  peakMiB: number;
}

/** What it says of itself once it has a network. */
export interface Introduction {
  workloads: string[];
  versions: Record<string, string>;
  threads: number;
}

/** How to start one. */
export interface Command {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd?: string;
}

/** A contender is a process of its own that lives as long as its network is measured. */
export interface Contender {
  load: (network: string) => Promise<Introduction>;
  run: (workload: string, options: RunOptions) => Promise<Answer>;
  stop: () => void;
}

const KEPT_OF_STDERR = 2000;

/** What a contender could not do, in its own words. */
export class ContenderError extends Error {
  override name = "ContenderError";
}

/**
 * Starts a contender; it speaks JSON lines.
 *
 * @param patience - Seconds after which an answer is given up and the process ended; Infinity waits for ever.
 */
export function start({ command, args, env, cwd }: Command, patience: number): Contender {
  const child: ChildProcess = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let complaints = "";
  child.stderr!.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-KEPT_OF_STDERR)));
  child.stdin!.on("error", () => undefined); // an end of the process is seen below
  let settle: ((line: string | Error) => void) | undefined;
  let ended: Error | undefined;
  const end = (reason: string): void => {
    const complaint = lastLine(complaints);
    ended ??= new ContenderError(`${reason}${complaint === undefined ? "" : `: ${complaint}`}`);
    settle?.(ended);
  };
  child.on("error", (error) => end(error.message));
  child.on("close", (code, signal) => end(`the process ended with ${signal ?? code}`));
  createInterface({ input: child.stdout! }).on("line", (line) => {
    if (line.startsWith("{")) settle?.(line);
  });

  async function ask(request: object): Promise<object> {
    if (ended !== undefined) throw ended;
    const line = await new Promise<string>((resolve, reject) => {
      const giveUp = (): void => {
        child.kill("SIGKILL");
        end(`no answer within ${patience} s`);
      };
      const timer = patience === Infinity ? undefined : setTimeout(giveUp, 1000 * patience);
      settle = (answer) => {
        settle = undefined;
        clearTimeout(timer);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      child.stdin!.write(`${JSON.stringify(request)}\n`);
    });
    const answer = JSON.parse(line) as object & { error?: string };
    if (answer.error !== undefined) throw new ContenderError(answer.error);
    return answer;
  }

  return {
    load: (network) => ask({ do: "load", network }) as Promise<Introduction>,
    run: (workload, options) => ask({ do: "run", workload, options }) as Promise<Answer>,
    stop: () => void child.kill("SIGKILL"),
  };
}

/** What matters of the end of a log: its last error, else its last line that is not one of TensorFlow's remarks. */
function lastLine(text: string): string | undefined {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^([IWE]0000|WARNING|Node\.js v)/.test(line));
  return (lines.findLast((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1))?.slice(0, 300);
}

// Ours: no maintained package draws a bar on a terminal and sparse lines elsewhere, and keeps notes above the bar.
import { heartbeatOn, type Heartbeat } from "./heartbeat.js";
import { formatSeconds } from "./number.js";
import { printable, withoutSecrets } from "./print.js";

/** Where a command says how far it is; all of it goes to standard error. */
export interface Progress {
  /** `fraction` in [0, 1] of the whole job and what it is doing now. */
  update(fraction: number, message: string): void;
  /** A line that stays. */
  note(line: string): void;
  /**
   * Announces a computation that lets nothing through while it runs: from here to `end` another thread tells how far it is, every
   * second on a terminal and every ten seconds elsewhere.
   */
  expect(seconds: number, text: string): void;
  /** Clears the bar. */
  end(): void;
}

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  fd?: number;
}

/** A bar that redraws itself on a terminal, one line every ten seconds elsewhere, nothing when `quiet`. */
export function progressOn(output: Output, quiet: boolean, now: () => number = Date.now): Progress {
  if (quiet) return { update: () => undefined, note: () => undefined, expect: () => undefined, end: () => undefined };
  const start = now();
  let last = output.isTTY === true ? 0 : start;
  let drawn = false;
  let heart: Heartbeat | undefined;
  const clear = (): void => {
    if (drawn) output.write("\r\u001b[2K");
    drawn = false;
  };
  return {
    update(fraction, text) {
      const time = now();
      heart?.beat(fraction, printable(withoutSecrets(text)));
      if (heart !== undefined || time - last < (output.isTTY === true ? 100 : 10_000)) return;
      last = time;
      const message = printable(withoutSecrets(text));
      const percent = `${Math.floor(100 * Math.min(1, Math.max(0, fraction)))} %`;
      if (output.isTTY !== true) {
        output.write(`${percent.padStart(5)}  ${formatSeconds((time - start) / 1000)}  ${message}\n`);
        return;
      }
      const cells = 24;
      const filled = Math.round(cells * Math.min(1, Math.max(0, fraction)));
      const line = `${"█".repeat(filled)}${"░".repeat(cells - filled)} ${percent.padStart(5)}  ${message}`;
      clear();
      output.write([...line].slice(0, (output.columns ?? 80) - 1).join(""));
      drawn = true;
    },
    note(line) {
      clear();
      output.write(`${printable(withoutSecrets(line))}\n`);
    },
    expect(seconds, expected) {
      if (output.fd === undefined || heart !== undefined) return;
      const terminal = output.isTTY === true;
      drawn ||= terminal;
      heart = heartbeatOn(output.fd, { terminal, every: terminal ? 1000 : 10_000, seconds, expected });
    },
    end() {
      heart?.end();
      heart = undefined;
      clear();
    },
  };
}

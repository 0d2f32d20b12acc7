// Ours: @bomb.sh/tab starts the program at every Tab, which a script that knows all names need not.
import type { Command } from "commander";
import { print } from "../terminal/print.js";
import { bashScript } from "./bash.js";
import { fishScript } from "./fish.js";
import { wordsOf } from "./words.js";
import { zshScript } from "./zsh.js";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** A shell that there is a script for. */
export type Shell = keyof typeof scripts;

/** Prints the script of a shell for all commands below `root`. */
export function completion(shell: Shell, root: Command): void {
  print(scripts[shell](wordsOf(root)));
}

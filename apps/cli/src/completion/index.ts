import { Argument, type Command } from "commander";
import type { Shell } from "./run.js";

/** `sgdscope completion`: commands, options and choices at the Tab key. */
export function addCompletion(program: Command): void {
  program
    .command("completion")
    .summary("print a script that completes commands and options in a shell")
    .description("Prints a script for the shell, which then completes commands, options, their choices and files.")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
bash   eval "$(sgdscope completion bash)"      in ~/.bashrc
zsh    eval "$(sgdscope completion zsh)"       in ~/.zshrc, after compinit
fish   sgdscope completion fish > ~/.config/fish/completions/sgdscope.fish`,
    )
    .action(async (shell: Shell) => (await import("./run.js")).completion(shell, program));
}

import type { Command } from "commander";

/** What can be typed after a command. */
export interface CommandWords {
  /** `""` for the program itself, `"sweep run"` for a command below a command. */
  path: string;
  commands: { name: string; summary: string }[];
  options: OptionWords[];
  /** What its first argument may be, where that is a choice. */
  choices: readonly string[];
}

/** An option, and what can be typed after it. */
export interface OptionWords {
  /** Its short and long form, as far as it has them. */
  flags: string[];
  summary: string;
  takesValue: boolean;
  /** Its values where they are a choice; files and folders otherwise. */
  choices: readonly string[];
}

/** The words of a program: itself first, then every visible command with those below it. */
export function wordsOf(root: Command, path = ""): CommandWords[] {
  const help = root.createHelp();
  const commands = help.visibleCommands(root).filter((command) => command.name() !== "help");
  const own: CommandWords = {
    path,
    commands: commands.map((command) => ({ name: command.name(), summary: command.summary() })),
    options: help.visibleOptions(root).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      summary: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    choices: root.registeredArguments[0]?.argChoices ?? [],
  };
  return [own, ...commands.flatMap((command) => wordsOf(command, `${path} ${command.name()}`.trim()))];
}

/** All that completes a word where no value is awaited. */
export const namesOf = ({ commands, options, choices }: CommandWords): string[] => [
  ...commands.map(({ name }) => name),
  ...choices,
  ...options.flatMap(({ flags }) => flags),
];

import type { CommandWords, OptionWords } from "./words.js";

/** The script for fish: a line per command and option. */
export function fishScript(words: readonly CommandWords[]): string {
  return `# fish completion of sgdscope: sgdscope completion fish > ~/.config/fish/completions/sgdscope.fish
complete -c sgdscope -f
${words.flatMap((each) => linesOf(each)).join("\n")}
`;
}

function linesOf({ path, commands, options, choices }: CommandWords): string[] {
  const condition = conditionOf(
    path,
    commands.map(({ name }) => name),
  );
  const start = `complete -c sgdscope -n ${quoted(condition)}`;
  return [
    ...commands.map(({ name, summary }) => `${start} -a ${name} -d ${quoted(summary)}`),
    ...choices.map((choice) => `${start} -a ${choice}`),
    ...options.map((option) => `${start} ${optionText(option)}`),
  ];
}

/** Where a command has been typed, and none below it. */
function conditionOf(path: string, below: readonly string[]): string {
  const seen = path.split(" ").filter((word) => word !== "");
  const without = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(" ")}`];
  return [...seen.map((word) => `__fish_seen_subcommand_from ${word}`), ...without].join("; and ");
}

function optionText({ flags, summary, takesValue, choices }: OptionWords): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const values = !takesValue ? [] : choices.length === 0 ? ["-r -F"] : [`-x -a ${quoted(choices.join(" "))}`];
  return [...names, ...values, `-d ${quoted(summary)}`].join(" ");
}

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

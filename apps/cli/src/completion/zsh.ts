import { namesOf, type CommandWords } from "./words.js";

/** The script for zsh. */
export function zshScript(words: readonly CommandWords[]): string {
  const paths = words.slice(1).map(({ path }) => `"${path}"`);
  return `#compdef sgdscope
# zsh completion of sgdscope: eval "$(sgdscope completion zsh)"
_sgdscope() {
  local previous="\${words[CURRENT-1]}" place="" next k
  for ((k = 2; k < CURRENT; k++)); do
    next="\${place:+$place }\${words[k]}"
    case "$next" in
      ${paths.join(" | ")}) place="$next" ;;
    esac
  done
  case "$place:$previous" in
${words.flatMap(values).join("\n")}
  esac
  case "$place" in
${words.map(described).join("\n")}
  esac
}
compdef _sgdscope sgdscope
`;
}

function values({ path, options }: CommandWords): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const reply = choices.length === 0 ? "_files" : `compadd -- ${choices.join(" ")}`;
      return `    ${flags.map((flag) => `"${path}:${flag}"`).join(" | ")}) ${reply}; return ;;`;
    });
}

/** Commands with what they do; options beside them. */
function described(each: CommandWords): string {
  const names = namesOf({ ...each, commands: [] });
  const commands = each.commands.map(({ name, summary }) => `'${name}:${quoted(summary)}'`);
  const describe =
    commands.length === 0 ? "" : `local -a commands=(${commands.join(" ")}); _describe command commands; `;
  return `    "${each.path}") ${describe}compadd -- ${names.join(" ")} ;;`;
}

const quoted = (text: string): string => text.replaceAll("'", "'\\''").replaceAll(":", "\\:");

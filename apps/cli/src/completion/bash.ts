import { namesOf, type CommandWords } from "./words.js";

/** The script for bash 3.2 or later. */
export function bashScript(words: readonly CommandWords[]): string {
  const paths = words.slice(1).map(({ path }) => `"${path}"`);
  return `# bash completion of sgdscope: eval "$(sgdscope completion bash)"
_sgdscope() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" next k
  COMPREPLY=()
  for ((k = 1; k < COMP_CWORD; k++)); do
    next="\${path:+$path }\${COMP_WORDS[k]}"
    case "$next" in
      ${paths.join(" | ")}) path="$next" ;;
    esac
  done
  case "$path:$previous" in
${words.flatMap(values).join("\n")}
  esac
  case "$path" in
${words.map((each) => `    "${each.path}") COMPREPLY=($(compgen -W "${namesOf(each).join(" ")}" -- "$current")) ;;`).join("\n")}
  esac
}
complete -o default -F _sgdscope sgdscope
`;
}

/** What follows the options that take a value: their choices, or files, which bash completes where there is no reply. */
function values({ path, options }: CommandWords): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const reply = choices.length === 0 ? "" : `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current")); `;
      return `    ${flags.map((flag) => `"${path}:${flag}"`).join(" | ")}) ${reply}return ;;`;
    });
}

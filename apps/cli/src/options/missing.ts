import type { Command, Option } from "commander";
import { nearest } from "@sgdscope/runs";

/** What commander calls where an option is missing; not in its types. */
interface Checks {
  missingMandatoryOptionValue(option: Option): void;
  rawArgs?: readonly string[];
}

/**
 * Makes a missing option and a misspelt one a single complaint, for all commands below `root`: commander looks for missing options
 * before it looks at those it does not know, and would call `--learning-rate` missing where `--learning-rat` was typed.
 */
export function suggestForMissing(root: Command): void {
  const below = (command: Command): Command[] => command.commands.flatMap((each) => [each, ...below(each)]);
  for (const command of below(root)) {
    const known = new Set(command.options.flatMap(({ long, short }) => [long, short]));
    const checks = command as unknown as Checks;
    checks.missingMandatoryOptionValue = ({ flags, long }) => {
      const unknown = ((root as unknown as Checks).rawArgs ?? [])
        .filter((word) => word.startsWith("--") && word !== "--")
        .map((word) => word.split("=")[0]!)
        .filter((word) => !known.has(word));
      const meant = unknown.find((word) => nearest(word, [long ?? flags]) !== undefined);
      command.error(
        meant === undefined
          ? `error: required option '${flags}' not specified${unknown.length === 0 ? "" : `, unknown option '${unknown[0]!}'`}`
          : `error: unknown option '${meant}'\n(Did you mean ${long ?? flags}?)`,
        { code: "commander.missingMandatoryOptionValue" },
      );
    };
  }
}

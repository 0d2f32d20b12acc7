import { faultText } from "@sgdscope/runs";
import { TrainingError } from "@sgdscope/training";
import { CliError, usageError, withoutFunction } from "../terminal/errors.js";

/** How settings are called on the command line of `train`. */
const optionOf = (path: string): string => {
  const [head = ""] = path.split(".");
  const last = path.split(".").find((part) => /^[a-z]/i.test(part) && part !== "data" && part !== "model");
  const name = head === "data" || head === "model" ? (last ?? head) : head;
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
};

/** Does `work` and names the options of `train` in what it throws. */
export function inOptions<T>(work: () => T): T {
  return told(work, ({ path, problem }) => `${optionOf(path)}: ${withoutFunction(problem)}`);
}

/** Does `work` and names the grid in what it throws. */
export function inGrid<T>(work: () => T): T {
  return told(work, ({ path, problem }) => `grid: ${faultText({ path, problem: withoutFunction(problem) })}`);
}

function told<T>(work: () => T, text: (fault: TrainingError["faults"][number]) => string): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TrainingError) || error.code !== "INVALID_SETTINGS") throw error;
    throw error instanceof CliError ? error : usageError(error.faults.map(text).join("\n  "));
  }
}

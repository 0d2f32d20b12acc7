import { Command } from "commander";
import { addAnalyze } from "./analyze/index.js";
import { addCompare } from "./compare/index.js";
import { addCompletion } from "./completion/index.js";
import { addData } from "./data/index.js";
import { addDiagram } from "./diagram/index.js";
import { addDoctor } from "./doctor/index.js";
import { addExport } from "./export/index.js";
import { addMeasure } from "./measure/index.js";
import { addPredict } from "./predict/index.js";
import { addQuery } from "./query/index.js";
import { addQuickstart } from "./quickstart/index.js";
import { addReproduce } from "./reproduce/index.js";
import { addSweep } from "./sweep/index.js";
import { suggestForMissing } from "./options/missing.js";
import { addTrain } from "./train/index.js";
import { version } from "./version.js";
import { print, printable, withoutSecrets } from "./terminal/print.js";

const exitCodesHelp = `Exit codes
  0    done
  1    failed
  2    a wrong argument, file or configuration
  3    a criterion was not met (with --check)
  4    a backend or data set is not available here
  75   stopped by a signal, with a checkpoint written; train --resume, or the
       same sweep run or reproduce command, continues
`;

/** The command line, built afresh; each command loads what it needs only when it runs, so help is immediate. */
export function program(): Command {
  const root = new Command("sgdscope")
    .description(
      "See why SGD prefers flat minima, and whether it can stay at a given one.\n\n" +
        "Trains networks with SGD to a global minimum of the square loss L = (1/2n) Σ‖f − y‖², measures the structure of the " +
        "noise and the curvature there, and decides whether SGD is linearly stable at that minimum.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "explain a command")
    .showHelpAfterError("(add --help to see how)")
    .configureOutput({ outputError: (text, write) => write(printable(withoutSecrets(text))) })
    .exitOverride()
    .addHelpText(
      "after",
      `
Start here
  sgdscope quickstart                              the main result in a minute or two, with a report
  sgdscope analyze --gram K.npy --residuals r.npy --batch-size 1,4,16
  sgdscope reproduce all --fast                    every claim, judged, in one report

  sgdscope help exit-codes                         what the exit codes mean`,
    );
  for (const add of [
    addQuickstart,
    addTrain,
    addMeasure,
    addAnalyze,
    addDiagram,
    addPredict,
    addCompare,
    addReproduce,
    addSweep,
    addExport,
    addQuery,
    addData,
    addDoctor,
    addCompletion,
  ])
    add(root);
  suggestForMissing(root);
  root.commands.forEach((command) => command.exitOverride().showHelpAfterError("(add --help to see how)"));
  root.command("exit-codes", { hidden: true }).action(() => {
    print(exitCodesHelp);
  });
  root.helpCommand(false);
  root.command("help [command]", { hidden: true }).action((name?: string) => {
    if (name === "exit-codes") print(exitCodesHelp);
    else print((root.commands.find((command) => command.name() === name) ?? root).helpInformation());
  });
  return root;
}

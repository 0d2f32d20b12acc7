import type { Command } from "commander";
import { addDiagramOptions, type DiagramOptions } from "./options.js";

/** `sgdscope diagram`: where in the plane of η and B a minimum is stable. */
export function addDiagram(program: Command): void {
  addDiagramOptions(program.command("diagram")).action(async (options: DiagramOptions) =>
    (await import("./run.js")).diagram(options),
  );
}

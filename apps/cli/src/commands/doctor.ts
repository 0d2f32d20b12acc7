import type { Command } from "commander";
export function addDoctor(program: Command): void {
  void program;
}

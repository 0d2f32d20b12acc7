import type { Command } from "commander"; export function addMeasure(program: Command): void { void program; }

import type { Phase } from "../state/settings.js";
import type { Theme } from "./theme.js";

/** What a line is; it decides its colour and the shape at its end. What is measured is solid, what is predicted dashed. */
export type Role = "data" | "prediction" | "context";

/** A measured line of a figure. */
interface Line {
  role: Role;
  /** For the key and the table. */
  name: string;
  /** Undefined where there is none; what an axis cannot show is left out of the plot, not of the table. */
  values: readonly (number | undefined)[];
}

/** A predicted level: a dashed line over the whole run, past and to come, that steps where η or B changes. */
export interface Guide {
  role: Exclude<Role, "data">;
  /** Written on the figure, at the line. */
  label: string;
  /** Undefined or not finite where there is nothing to predict. */
  level: (phase: Phase) => number | undefined;
}

/** Everything that a figure shows at one moment. */
export interface FigureData {
  steps: readonly number[];
  lines: readonly Line[];
  guides: readonly Guide[];
  phases: readonly Phase[];
  horizon: number;
  /** The range of the vertical axis. */
  range: [number, number];
  /** Regions where SGD cannot stay: above a level, or the steps at which `steps` says so. */
  shade: { above: number } | { at: readonly boolean[] } | undefined;
}

export const dashes: Readonly<Record<Guide["role"], number[]>> = { prediction: [6, 4], context: [2, 3] };

export const colour = (role: Role, theme: Theme): string => theme[role];

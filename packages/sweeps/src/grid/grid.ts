import { explainIssues, faultText, nearest } from "@sgdscope/runs";
import { parse } from "yaml";
import { SweepError } from "../errors.js";
import { gridSchema, type Grid, type GridInput } from "./schema.js";
import { axisValues, fulfils, valueAt, withValue } from "./values.js";

/**
 * A grid from the text of a YAML (or JSON) file.
 *
 * @throws SweepError `INVALID_GRID`, naming every fault and, for an unknown key, the nearest right one.
 */
export function parseGrid(text: string): Grid {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new SweepError("INVALID_GRID", `parseGrid: the grid is not YAML: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return checkGrid(value as GridInput);
}

/**
 * Fills in the defaults of a grid and refuses what is not one.
 *
 * @throws SweepError `INVALID_GRID`.
 */
export function checkGrid(value: GridInput): Grid {
  const { success, data, error } = gridSchema.safeParse(value, { reportInput: true });
  if (!success)
    throw new SweepError(
      "INVALID_GRID",
      `grid: ${explainIssues(gridSchema, error.issues).map(faultText).join("\n  ")}`,
    );
  const axes = axesOf(data);
  for (const [k, rule] of data.exclude.entries())
    for (const name of Object.keys(rule)) {
      if (axes.some(([axis]) => axis === name) || valueAt(data.base, name) !== undefined) continue;
      const names = [...axes.map(([axis]) => axis), ...Object.keys(data.base)];
      const right = nearest(name, names);
      throw new SweepError(
        "INVALID_GRID",
        `grid: exclude.${k}: unknown setting ${JSON.stringify(name)}; ${right === undefined ? `expected one of ${names.join(", ")}` : `did you mean ${right}?`}`,
      );
    }
  return data;
}

/**
 * The settings of every point of a grid: base and axes, as the product of all axes without what the rules exclude. The first
 * axis changes slowest, seeds fastest.
 */
export function gridPoints(grid: GridInput): Record<string, unknown>[] {
  const checked = checkGrid(grid);
  let points: Record<string, unknown>[] = [checked.base];
  for (const [path, values] of axesOf(checked))
    points = points.flatMap((point) => values.map((value) => withValue(point, path, value)));
  return points.filter(
    (point) =>
      !checked.exclude.some((rule) =>
        Object.entries(rule).every(([path, condition]) => fulfils(valueAt(point, path), condition)),
      ),
  );
}

function axesOf({ axes, seeds }: Grid): [path: string, values: unknown[]][] {
  const all = Object.entries(axes).map(([path, axis]): [string, unknown[]] => [path, axisValues(axis)]);
  if (seeds === undefined) return all;
  if (all.some(([path]) => path === "seed"))
    throw new SweepError("INVALID_GRID", "grid: expected seeds or an axis called seed, got both");
  const list = typeof seeds === "number" ? Array.from({ length: seeds }, (_, k) => k + 1) : seeds;
  return [...all, ["seed", list]];
}

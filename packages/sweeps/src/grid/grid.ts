import { explainIssues, faultText, nearest } from "@sgdscope/runs";
import { parseDocument } from "yaml";
import { SweepError } from "../errors.js";
import { gridSchema, type Grid, type GridInput } from "./schema.js";
import { axisSize, axisValues, fulfils, valueAt, withValue } from "./values.js";

/** What a grid may be at most: far beyond any that is meant, and far below what would fill the memory. */
const LIMITS = { characters: 4_000_000, depth: 32, points: 100_000 } as const;

const refusal = (problem: string, options?: ErrorOptions): SweepError =>
  new SweepError("INVALID_GRID", `grid: ${problem}`, options);

/**
 * A grid from the text of a YAML (or JSON) file of at most 4 million characters, nested at most 32 deep.
 *
 * @throws SweepError `INVALID_GRID`, naming every fault and, for an unknown key, the nearest right one.
 */
export function parseGrid(text: string): Grid {
  if (text.length > LIMITS.characters)
    throw refusal(`expected at most ${LIMITS.characters} characters, got ${text.length}`);
  let value: unknown;
  try {
    const document = parseDocument(text);
    // What the parser merely warns of, such as a tag that nobody knows, is not what was meant either.
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) throw fault;
    value = document.toJS();
  } catch (error) {
    // The parser of YAML follows nested values by recursion.
    if ((error as Error).message.includes("call stack")) throw tooDeep(error);
    throw new SweepError("INVALID_GRID", `parseGrid: the grid is not YAML: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return checkGrid(value);
}

const tooDeep = (cause?: unknown): SweepError =>
  refusal(`expected values nested at most ${LIMITS.depth} deep`, { cause });

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1)));

/**
 * Fills in the defaults of a grid and refuses what is not one, or has more than 100,000 points: they are counted, not written out.
 *
 * @param value - A grid, or whatever a file holds in the place of one.
 * @throws SweepError `INVALID_GRID`.
 */
export function checkGrid(value: unknown): Grid {
  if (isDeeper(value, LIMITS.depth)) throw tooDeep();
  const { success, data, error } = gridSchema.safeParse(value, { reportInput: true });
  if (!success)
    throw new SweepError(
      "INVALID_GRID",
      `grid: ${explainIssues(gridSchema, error.issues).map(faultText).join("\n  ")}`,
    );
  const axes = sizesOf(data);
  const points = axes.reduce((product, [, size]) => product * size, 1);
  if (!(points <= LIMITS.points))
    throw refusal(
      `expected at most ${LIMITS.points} points, got ${axes.map(([path, size]) => `${size} of ${path.slice(0, 60)}`).join(" × ")}`,
    );
  for (const [path] of axes) if (path.split(".").length > LIMITS.depth) throw tooDeep();
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

/** The axes of a grid, and how many values each has. */
function sizesOf({ axes, seeds }: Grid): [path: string, size: number][] {
  const all = Object.entries(axes).map(([path, axis]): [string, number] => [path, axisSize(axis)]);
  if (seeds === undefined) return all;
  if (all.some(([path]) => path === "seed")) throw refusal("expected seeds or an axis called seed, got both");
  return [...all, ["seed", typeof seeds === "number" ? seeds : seeds.length]];
}

/** The axes of a grid whose points were counted, and their values. */
function axesOf({ axes, seeds }: Grid): [path: string, values: unknown[]][] {
  const all = Object.entries(axes).map(([path, axis]): [string, unknown[]] => [path, axisValues(axis)]);
  if (seeds === undefined) return all;
  return [...all, ["seed", typeof seeds === "number" ? Array.from({ length: seeds }, (_, k) => k + 1) : seeds]];
}

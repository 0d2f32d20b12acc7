import type { Estimate } from "@sgdscope/linear-algebra";
import { AutodiffError } from "../errors.js";
import { layersOf, type ParameterSlot } from "./layout.js";
import type { TensorOperator } from "./operators.js";

/** A symmetric matrix by blocks, as groups of parameters divide it. */
export interface BlockNorms {
  groups: string[];
  /** Tr A_aa of each group. */
  traces: Estimate[];
  /** ‖A_ab‖_F² of each pair, [a][b]; they sum to ‖A‖_F². */
  squaredNorms: Estimate[][];
}

export interface BlockNormOptions {
  /** Names of parameters by group, each in at most one; parameters in no group count as 0. By default the layers, `layersOf`. */
  groups?: Readonly<Record<string, readonly string[]>>;
  /** Probes per group, at least two; without it everything is exact, from one product per parameter. */
  probes?: { count: number; random: () => number };
  /** Products at a time. Default 16. */
  blockSize?: number;
}

/**
 * How a curvature matrix is distributed over blocks of parameters: ‖A‖_F² = Σ ‖A_ab‖_F² and Tr A = Σ Tr A_aa.
 *
 * Exact from all columns, or estimated from Rademacher probes z that live on one group b: E ‖(Az)_a‖² = ‖A_ab‖_F² for all a at
 * once, and E zᵀ(Az)_b = Tr A_bb. Both derived here; the second is Hutchinson's estimator. Off the diagonal ‖A_ab‖² has two
 * estimates, from probes on a and on b; they are averaged.
 *
 * @param operator - Symmetric, such as `hessianOperator` gives.
 * @returns Cost: Σ sizes of the groups, or `probes.count` for each group, products. `matvecs` is the number of products behind a value.
 * @throws AutodiffError `INVALID_ARGUMENT` for unknown names or a name in two groups, too few probes; and as `operator.applyBlock`.
 */
export async function blockNorms(
  operator: Pick<TensorOperator, "size" | "layout" | "applyBlock">,
  options: BlockNormOptions = {},
): Promise<BlockNorms> {
  const { layout, size } = operator;
  const { probes, blockSize = 16 } = options;
  const groups = Object.entries(options.groups ?? layersOf(layout.map(({ name }) => name)));
  const slots = slotsOf(layout, groups);
  if (probes !== undefined && !(Number.isInteger(probes.count) && probes.count >= 2))
    refuse(`expected probes.count to be an integer of at least 2, got ${probes.count}`);
  if (!(Number.isInteger(blockSize) && blockSize >= 1))
    refuse(`expected blockSize to be a positive integer, got ${blockSize}`);

  const traces: Estimate[] = [];
  const columns: Estimate[][] = [];
  for (const own of slots) {
    const vectors = probes === undefined ? unitVectors(own, size) : probesOn(own, size, probes);
    const squares = slots.map((): number[] => []);
    const quadratic: number[] = [];
    for (const block of inBlocks(vectors, blockSize)) {
      for (const [k, product] of (await operator.applyBlock(block)).entries()) {
        quadratic.push(innerOn(own, product, block[k]!));
        slots.forEach((other, a) => squares[a]!.push(innerOn(other, product, product)));
      }
    }
    const estimate = probes === undefined ? total : mean;
    traces.push(estimate(quadratic));
    columns.push(squares.map(estimate));
  }
  const squaredNorms = slots.map((_, a) =>
    slots.map((__, b) => (a === b ? columns[a]![a]! : average(columns[a]![b]!, columns[b]![a]!))),
  );
  return { groups: groups.map(([name]) => name), traces, squaredNorms };
}

function slotsOf(
  layout: readonly ParameterSlot[],
  groups: readonly (readonly [string, readonly string[]])[],
): ParameterSlot[][] {
  const seen = new Set<string>();
  return groups.map(([group, names]) =>
    names.map((name) => {
      const slot = layout.find((each) => each.name === name);
      if (slot === undefined) refuse(`group ${group} contains ${name}, which is not a parameter of the operator`);
      if (seen.has(name)) refuse(`the parameter ${name} is in two groups`);
      seen.add(name);
      return slot;
    }),
  );
}

function* unitVectors(slots: readonly ParameterSlot[], size: number): Generator<Float64Array> {
  for (const { start, size: length } of slots) {
    for (let i = start; i < start + length; i++) {
      const vector = new Float64Array(size);
      vector[i] = 1;
      yield vector;
    }
  }
}

function* probesOn(
  slots: readonly ParameterSlot[],
  size: number,
  { count, random }: { count: number; random: () => number },
): Generator<Float64Array> {
  for (let probe = 0; probe < count; probe++) {
    const vector = new Float64Array(size);
    for (const { start, size: length } of slots) {
      for (let i = start; i < start + length; i++) vector[i] = random() < 0.5 ? -1 : 1;
    }
    yield vector;
  }
}

function* inBlocks(vectors: Iterable<Float64Array>, size: number): Generator<Float64Array[]> {
  let block: Float64Array[] = [];
  for (const vector of vectors) {
    block.push(vector);
    if (block.length < size) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

/** Σ u·v over the entries of some parameters. */
function innerOn(slots: readonly ParameterSlot[], u: Float64Array, v: Float64Array): number {
  let sum = 0;
  for (const { start, size } of slots) for (let i = start; i < start + size; i++) sum += u[i]! * v[i]!;
  return sum;
}

const total = (values: readonly number[]): Estimate => ({
  value: values.reduce((sum, each) => sum + each, 0),
  standardError: 0,
  matvecs: values.length,
});

function mean(values: readonly number[]): Estimate {
  const { length } = values;
  const value = total(values).value / length;
  const variance = values.reduce((sum, each) => sum + (each - value) ** 2, 0) / (length - 1);
  return { value, standardError: Math.sqrt(variance / length), matvecs: length };
}

/** The mean of two independent estimates of the same number. */
const average = (a: Estimate, b: Estimate): Estimate => ({
  value: (a.value + b.value) / 2,
  standardError: Math.hypot(a.standardError, b.standardError) / 2,
  matvecs: a.matvecs + b.matvecs,
});

function refuse(why: string): never {
  throw new AutodiffError("INVALID_ARGUMENT", `blockNorms: ${why}`);
}

import { unit } from "../density/ghorbani2019slq.js";
import { checkInteger, checkOneOf } from "../internal/arguments.js";
import { unitVectors } from "../internal/columns.js";
import { drawsOf } from "../internal/draws.js";
import { drive, type Counted } from "../internal/machine.js";
import { sizeOf } from "../internal/products.js";
import { precisionOf } from "../internal/symmetry.js";
import type { LinearOperator } from "../operator.js";
import { extend, startFrom, type Krylov } from "../spectrum/krylov.js";
import { WHICH } from "../spectrum/wanted.js";
import { fromDense } from "./exact.js";
import { fromRuns } from "./results.js";
import type { Curvature, CurvatureOptions } from "./types.js";

interface Runs extends Counted {
  runs: Krylov[];
  /** Runs that reached an invariant subspace and end there. */
  ended: boolean[];
  /** Columns of the matrix, where it is computed in full. */
  columns: Float64Array[];
}

/**
 * Trace, norm, density, diagonal, effective ranks and top eigenpairs of a symmetric operator, all from the same products.
 *
 * A few Rademacher probes each start a Krylov run with full reorthogonalisation. The runs' Gauss rules are the density (stochastic
 * Lanczos quadrature). Rayleigh and Ritz on the span of all runs together, a block Krylov space, gives eigenpairs with residuals. And for
 * each run the span of the *others* splits A into a part known exactly and a remainder that this run's probe samples: that gives trace,
 * norm and diagonal with far smaller errors than the probes alone, and without a further product. Standard errors account for the correlation of
 * these leave-one-out terms (those of the diagonal are those of the terms).
 *
 * Cost: `maxMatvecs` products = probes·steps (rounded down); memory 2·size numbers for each of them; 8·size·maxMatvecs² operations,
 * more with the diagonal, and about 10·maxMatvecs³ for each pair of runs. Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Ghorbani, Krishnan and Xiao (2019) for the density; Golub and Underwood (1977) for block Krylov spaces; the leave-one-run-out
 * split and its standard error are derived here, after XTrace (Epperly, Tropp and Webber 2024).
 */
export async function curvature(operator: LinearOperator, options: CurvatureOptions): Promise<Curvature> {
  const caller = "curvature";
  const size = sizeOf(caller, operator);
  const draws = drawsOf(caller, size, options);
  const { maxMatvecs: limit = 96, which = "largest-magnitude", diagonal = true } = options;
  const { probes = Math.min(12, Math.max(8, Math.round(limit / 8))) } = options;
  const { count = Math.min(5, size) } = options;
  const exact = limit >= size;
  checkInteger(caller, "probes", probes, 3);
  checkInteger(caller, "maxMatvecs", limit, Math.min(size, 2 * probes));
  checkInteger(caller, "count", count, 1, exact ? size : Math.min(size, limit));
  checkOneOf(caller, "which", which, WHICH);
  const steps = Math.floor(limit / probes);
  const open = ({ runs, ended }: Runs): number[] =>
    [...runs.keys()].filter((i) => !ended[i] && runs[i]!.basis.length < steps);

  return drive<Runs, Curvature, undefined>(operator, options, {
    caller,
    settings: { seed: draws.seed, limit, probes, which, count, diagonal },
    limit: exact ? size : probes * steps,
    begin: () => ({
      matvecs: 0,
      runs: exact ? [] : Array.from({ length: probes }, (_, i) => startFrom([unit(draws.rademacher(i))])),
      ended: new Array<boolean>(probes).fill(false),
      columns: [],
    }),
    wants(state, most) {
      if (exact) return unitVectors(size, state.columns.length, most);
      return inTurn(state, open(state))
        .slice(0, most)
        .map((i) => state.runs[i]!.pending[0]!);
    },
    takes(state, _vector, product) {
      if (exact) {
        state.columns.push(product);
        return;
      }
      const [i] = inTurn(state, open(state));
      if (extend(state.runs[i!]!, product, (basis) => basis[0]!)) endRun(state, i!);
    },
    partial: () => undefined,
    result({ columns, runs, matvecs, symmetry }) {
      const wanted = { size, count, which, diagonal, matvecs, precision: precisionOf(symmetry) };
      return exact ? fromDense(columns, wanted) : fromRuns(runs, wanted);
    },
  });
}

/** The runs in the order of their next products: those with the fewest so far first. */
const inTurn = ({ runs }: Runs, open: number[]): number[] =>
  open.sort((i, j) => runs[i]!.basis.length - runs[j]!.basis.length || i - j);

function endRun(state: Runs, i: number): void {
  state.ended[i] = true;
  state.runs[i]!.pending = [];
}

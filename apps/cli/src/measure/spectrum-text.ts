import { formatMeasured, formatNumber } from "../terminal/number.js";
import { formatTable } from "../terminal/table.js";
import type { EigenvalueCount } from "./eigenvalue-count.js";
import type { LogDeterminant, LogDeterminants } from "./log-determinant.js";
import type { Density, EigenvalueRange } from "./spectrum.js";

/** How many eigenvalues lie where, for a person. */
export function densityText(density: Density): string {
  const { exact, parameters, probes, steps, matvecs, ranges } = density;
  const how = exact
    ? `from all ${matvecs} columns of H`
    : `by stochastic Lanczos quadrature, ${probes} probes of ${steps} steps, ${matvecs} products`;
  const table = formatTable(
    [
      { heading: "eigenvalues of H", cell: (range: EigenvalueRange) => intervalText(range), align: "left" },
      { heading: "number", cell: ({ count }) => numberText(count) },
      { heading: "between", cell: ({ count }) => betweenText(count) },
      { heading: "share", cell: ({ count }) => `${formatNumber((100 * count.value) / parameters, 3)} %` },
    ],
    [...ranges].reverse(),
  );
  return `Spectral density of H, ${how}\n${table}${exact ? "" : "between: what so many steps can tell; more --products narrow it\n"}`;
}

function intervalText({ above, upTo }: EigenvalueRange): string {
  const [low, high] = [above, upTo].map((edge) => (edge === undefined ? "" : signed(edge)));
  if (above === undefined && upTo === undefined) return "all are 0";
  if (above === undefined) return `up to ${high}`;
  if (upTo === undefined) return `above ${low}`;
  return `${low} … ${high}${above < 0 && upTo > 0 ? ", near 0" : ""}`;
}

const signed = (value: number): string => formatNumber(value, 3).replace(/^-/, "−");

const numberText = (count: EigenvalueCount): string => formatMeasured(count, 6);

/** A number of eigenvalues is whole. */
function betweenText({ atLeast, atMost, standardError }: EigenvalueCount): string {
  const [low, high] = [Math.ceil(atLeast - 1e-6), Math.floor(atMost + 1e-6)];
  if (low < high) return `${low} … ${high}`;
  if (low === high) return standardError === 0 ? "exact" : String(low);
  return `${formatNumber(atLeast, 3)} … ${formatNumber(atMost, 3)}`;
}

/** Both log-determinants, a line each. */
export const logDeterminantText = ({ shift, gaussNewton, hessian }: LogDeterminants): string =>
  `${line("G", shift, gaussNewton)}\n${line("H", shift, hessian)}\n`;

function line(matrix: string, shift: number, found: LogDeterminant): string {
  const name = `log det(${matrix} + εI), ε = ${shift}`;
  if ("undefined" in found) return `${name}: not defined: ${found.undefined}`;
  const { matvecs, reason } = found;
  const doubt = reason === undefined ? "" : `; its standard error may be too small: ${reason}`;
  return `${name}: ${formatMeasured(found, 6)}${matvecs === 0 ? ", from the Gram matrix" : `, from ${matvecs} products`}${doubt}`;
}

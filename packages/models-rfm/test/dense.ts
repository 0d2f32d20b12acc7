/** Dense matrices as rows, for references that share no code with the package. */
export type Matrix = number[][];

const zeros = (rows: number, columns = rows): Matrix =>
  Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
export const diagonal = (values: ArrayLike<number>): Matrix =>
  Array.from(values, (value, i) => Array.from(values, (_, j) => (i === j ? value : 0)));
export const outer = (x: ArrayLike<number>, y: ArrayLike<number>): Matrix =>
  Array.from(x, (a) => Array.from(y, (b) => a * b));
export const transpose = (A: Matrix): Matrix => A[0]!.map((_, j) => A.map((row) => row[j]!));
export const multiply = (...factors: Matrix[]): Matrix =>
  factors.reduce((A, B) => {
    const columns = transpose(B);
    return A.map((row) => columns.map((column) => row.reduce((sum, value, k) => sum + value * column[k]!, 0)));
  });
export const add = (...terms: Matrix[]): Matrix =>
  terms.reduce((A, B) => A.map((row, i) => row.map((value, j) => value + B[i]![j]!)));
export const scale = (c: number, A: Matrix): Matrix => A.map((row) => row.map((value) => c * value));
export const trace = (A: Matrix): number => A.reduce((sum, row, i) => sum + row[i]!, 0);
const size = (A: Matrix): number => Math.hypot(...A.flat());

/** The fixed point of P ↦ step(P) from P = 0. */
export function fixedPoint(step: (P: Matrix) => Matrix, dimension: number): Matrix {
  let P = zeros(dimension);
  for (let k = 0; k < 200_000; k++) {
    const next = step(P);
    const change = size(add(next, scale(-1, P)));
    P = next;
    if (change <= 1e-16 * size(P)) return P;
  }
  throw new Error("no fixed point");
}

/** The growth rate of a positive linear map, from the identity. */
export function growthRate(map: (P: Matrix) => Matrix, dimension: number): number {
  let P = diagonal(new Array<number>(dimension).fill(1));
  let rate = 0;
  for (let k = 0; k < 5000; k++) {
    P = map(P);
    rate = size(P);
    P = scale(1 / rate, P);
  }
  return rate;
}

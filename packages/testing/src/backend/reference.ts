/** An array of the plain references: row-major, Float64. */
export interface Dense {
  shape: readonly number[];
  data: Float64Array;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The array whose entry at an index is `entry(index)`. */
export function fill(shape: readonly number[], entry: (index: number[]) => number): Dense {
  const data = new Float64Array(sizeOf(shape));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = entry(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** The entry at `index`; axes of size 1 are broadcast, and 0 is outside. */
export function at({ shape, data }: Dense, index: readonly number[]): number {
  const extra = index.length - shape.length;
  let position = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis]!;
    const i = n === 1 ? 0 : index[axis + extra]!;
    if (i < 0 || i >= n) return 0;
    position = position * n + i;
  }
  return data[position]!;
}

/** Elementwise function of one array. */
export const map =
  (f: (x: number) => number) =>
  (x: Dense): Dense => ({ shape: x.shape, data: x.data.map(f) });

/** Elementwise function of two arrays, broadcast. */
export const zip =
  (f: (a: number, b: number) => number) =>
  (a: Dense, b: Dense): Dense => {
    const rank = Math.max(a.shape.length, b.shape.length);
    const padded = [a, b].map(({ shape }) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
    const shape = padded[0]!.map((n, i) => Math.max(n, padded[1]![i]!));
    return fill(shape, (index) => f(at(a, index), at(b, index)));
  };

/** Reduces `axes` by `f` over the list of entries. */
export const reduce =
  (axes: readonly number[], f: (entries: number[]) => number) =>
  (x: Dense): Dense => {
    const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
    const dropped = axes.map((axis) => x.shape[axis]!);
    return fill(
      kept.map((axis) => x.shape[axis]!),
      (index) => {
        const entries: number[] = [];
        fill(dropped, (inner) => {
          const full = x.shape.map((_, axis) =>
            axes.includes(axis) ? inner[axes.indexOf(axis)]! : index[kept.indexOf(axis)]!,
          );
          return entries.push(at(x, full));
        });
        return f(entries);
      },
    );
  };

/** Σ over the last two axes, `[batch, m, k]·[batch, k, n]`, either transposed. */
export const matMul =
  (transposeA = false, transposeB = false) =>
  (a: Dense, b: Dense): Dense => {
    const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
    const n = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
    return fill([...a.shape.slice(0, -2), m, n], (index) => {
      const batch = index.slice(0, -2);
      const [i, j] = index.slice(-2) as [number, number];
      let sum = 0;
      for (let l = 0; l < k; l++)
        sum +=
          at(a, [...batch, ...(transposeA ? [l, i] : [i, l])]) * at(b, [...batch, ...(transposeB ? [j, l] : [l, j])]);
      return sum;
    });
  };

export type Padding = "same" | "valid";

/** Rows out and zeros before the first. */
function extent(n: number, size: number, stride: number, padding: Padding, dilation = 1): [number, number] {
  const reach = (size - 1) * dilation + 1;
  if (padding === "valid") return [Math.floor((n - reach) / stride) + 1, 0];
  const out = Math.ceil(n / stride);
  return [out, Math.floor(Math.max((out - 1) * stride + reach - n, 0) / 2)];
}

/** NHWC with an HWIO kernel. */
export const conv2d =
  (stride: number, padding: Padding, dilation = 1) =>
  (x: Dense, kernel: Dense): Dense => {
    const [n, h, w] = x.shape as [number, number, number];
    const [kh, kw, channels, filters] = kernel.shape as [number, number, number, number];
    const [[rows, top], [columns, left]] = [
      extent(h, kh, stride, padding, dilation),
      extent(w, kw, stride, padding, dilation),
    ];
    return fill([n, rows, columns, filters], ([i, y, z, f]) => {
      let sum = 0;
      for (let a = 0; a < kh; a++)
        for (let b = 0; b < kw; b++)
          for (let c = 0; c < channels; c++)
            sum +=
              at4(x, i!, y! * stride + a * dilation - top, z! * stride + b * dilation - left, c) *
              at4(kernel, a, b, c, f!);
      return sum;
    });
  };

/** NHWC with a kernel `[h, w, channels, multiplier]`. */
export const depthwiseConv2d =
  (stride: number, padding: Padding) =>
  (x: Dense, kernel: Dense): Dense => {
    const [n, h, w, channels] = x.shape as [number, number, number, number];
    const [kh, kw, , multiplier] = kernel.shape as [number, number, number, number];
    const [[rows, top], [columns, left]] = [extent(h, kh, stride, padding), extent(w, kw, stride, padding)];
    return fill([n, rows, columns, channels * multiplier], ([i, y, z, o]) => {
      const [c, m] = [Math.floor(o! / multiplier), o! % multiplier];
      let sum = 0;
      for (let a = 0; a < kh; a++)
        for (let b = 0; b < kw; b++)
          sum += at4(x, i!, y! * stride + a - top, z! * stride + b - left, c) * at4(kernel, a, b, c, m);
      return sum;
    });
  };

/** Average (of the entries inside) or maximum over windows. */
export const pool =
  (kind: "average" | "max", size: number, stride: number, padding: Padding) =>
  (x: Dense): Dense => {
    const [n, h, w, channels] = x.shape as [number, number, number, number];
    const [[rows, top], [columns, left]] = [extent(h, size, stride, padding), extent(w, size, stride, padding)];
    return fill([n, rows, columns, channels], ([i, y, z, c]) => {
      const entries: number[] = [];
      for (let a = 0; a < size; a++)
        for (let b = 0; b < size; b++) {
          const [row, column] = [y! * stride + a - top, z! * stride + b - left];
          if (row >= 0 && row < h && column >= 0 && column < w) entries.push(at4(x, i!, row, column, c!));
        }
      return kind === "max" ? Math.max(...entries) : entries.reduce((sum, value) => sum + value, 0) / entries.length;
    });
  };

/** The entry of an array of rank 4 without broadcasting, 0 outside. */
function at4({ shape, data }: Dense, i: number, j: number, k: number, l: number): number {
  if (j < 0 || j >= shape[1]! || k < 0 || k >= shape[2]!) return 0;
  return data[((i * shape[1]! + j) * shape[2]! + k) * shape[3]! + l]!;
}

/** The error function by its Maclaurin series; exact to 1e-12 for |x| < 4. */
export function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; k < 100; k++) {
    term *= (-x * x) / k;
    sum += term / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

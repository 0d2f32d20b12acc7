/** Σ_k a[offsetA + k]·b[offsetB + k] over `width` entries. */
export function dot(a: Float64Array, offsetA: number, b: Float64Array, offsetB: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += a[offsetA + k]! * b[offsetB + k]!;
  return sum;
}

/** MMᵀ of a row-major [n, width] matrix, row-major n × n; O(n²·width / 2). */
export function gramOfRows(matrix: Float64Array, n: number, width: number): Float64Array {
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const sum = dot(matrix, i * width, matrix, j * width, width);
      gram[i * n + j] = sum;
      gram[j * n + i] = sum;
    }
  return gram;
}

/** AB of row-major [rows, inner] and [inner, columns] matrices. */
export function product(A: Float64Array, B: Float64Array, rows: number, inner: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const value = A[i * inner + k]!;
      for (let j = 0; j < columns; j++) result[i * columns + j]! += value * B[k * columns + j]!;
    }
  return result;
}

/** The transpose of a row-major [rows, columns] matrix. */
export function transposed(A: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: A.length }, (_, k) => A[(k % rows) * columns + Math.floor(k / rows)]!);
}

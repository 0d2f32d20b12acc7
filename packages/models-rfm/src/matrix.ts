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

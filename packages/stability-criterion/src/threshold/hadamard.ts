/** A symmetric matrix of `nC × nC`, row-major; single precision is enough for what is small. */
export type Kernel = Float32Array | Float64Array;

/**
 * @internal `qᵢ ↦ ½ Σⱼ (AᵢⱼqⱼBᵢⱼᵀ + BᵢⱼqⱼAᵢⱼᵀ)` on blocks of C × C; for one output the Hadamard product `(A∘B)q`.
 *
 * @param a - `nC × nC`, symmetric.
 * @param b - As a.
 * @param blocks - n symmetric blocks of C × C, one after the other.
 * @param outputs - C. Cost `2n²C³` operations.
 */
export function hadamardTimes(a: Kernel, b: Kernel, blocks: Float64Array, outputs: number): Float64Array {
  const size = blocks.length / outputs;
  const image = new Float64Array(blocks.length);
  if (outputs === 1) {
    for (let i = 0; i < size; i++) {
      let even = 0;
      let odd = 0;
      let o = i * size;
      let j = 0;
      for (; j + 1 < size; j += 2, o += 2) {
        even += a[o]! * b[o]! * blocks[j]!;
        odd += a[o + 1]! * b[o + 1]! * blocks[j + 1]!;
      }
      if (j < size) even += a[o]! * b[o]! * blocks[j]!;
      image[i] = even + odd;
    }
    return image;
  }
  /** `Aᵢⱼqⱼ` of one row of A, for all j. */
  const turned = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    const from = row * size;
    for (let j = 0; j < size; j += outputs)
      for (let d = 0; d < outputs; d++) {
        let sum = 0;
        for (let c = 0; c < outputs; c++) sum += a[from + j + c]! * blocks[j * outputs + c * outputs + d]!;
        turned[j + d] = sum;
      }
    const first = row - (row % outputs);
    for (let c = 0; c < outputs; c++) {
      const other = (first + c) * size;
      let sum = 0;
      for (let j = 0; j < size; j++) sum += turned[j]! * b[other + j]!;
      image[row * outputs + c]! += sum / 2;
      image[(first + c) * outputs + (row - first)]! += sum / 2;
    }
  }
  return image;
}

/**
 * The same quantities by another road: dense matrices in parameter space, straight from the definitions. G, Σ and the
 * second-moment operator are formed explicitly, and the threshold is found by bisection on whether the covariance grows.
 */
export function primalReference(J: Float64Array, r: Float64Array, n: number, P: number, batchSize: number) {
  const zeros = (): number[][] => Array.from({ length: P }, () => new Array<number>(P).fill(0));
  const G = zeros();
  const second = zeros();
  const gradient = new Array<number>(P).fill(0);
  for (let i = 0; i < n; i++)
    for (let a = 0; a < P; a++) {
      gradient[a]! += (r[i]! * J[i * P + a]!) / n;
      for (let b = 0; b < P; b++) {
        const product = (J[i * P + a]! * J[i * P + b]!) / n;
        G[a]![b]! += product;
        second[a]![b]! += r[i]! ** 2 * product;
      }
    }
  const centred = second.map((row, a) => row.map((value, b) => value - gradient[a]! * gradient[b]!));
  const inner = (A: number[][], B: number[][]): number =>
    A.reduce((sum, row, a) => sum + row.reduce((inside, value, b) => inside + value * B[a]![b]!, 0), 0);
  const norm = (A: number[][]): number => Math.sqrt(inner(A, A));
  const trace = (A: number[][]): number => A.reduce((sum, row, a) => sum + row[a]!, 0);
  const loss = r.reduce((sum, value) => sum + value * value, 0) / (2 * n);

  const p = batchSize === n ? 0 : (n - batchSize) / (batchSize * (n - 1));
  const multiply = (A: number[][], B: number[][]): number[][] =>
    A.map((row) => B[0]!.map((_, b) => row.reduce((sum, value, k) => sum + value * B[k]![b]!, 0)));
  /** E[δδᵀ] after a step: (1−p)(I−ηG)M(I−ηG) + p(1/n)Σ(I−ηgᵢgᵢᵀ)M(I−ηgᵢgᵢᵀ). */
  const step = (M: number[][], eta: number): number[][] => {
    const full = G.map((row, a) => row.map((value, b) => (a === b ? 1 : 0) - eta * value));
    const next = multiply(multiply(full, M), full).map((row) => row.map((value) => (1 - p) * value));
    for (let i = 0; i < n; i++) {
      const one = G.map((row, a) => row.map((_, b) => (a === b ? 1 : 0) - eta * J[i * P + a]! * J[i * P + b]!));
      const moved = multiply(multiply(one, M), one);
      for (let a = 0; a < P; a++) for (let b = 0; b < P; b++) next[a]![b]! += (p / n) * moved[a]![b]!;
    }
    return next;
  };
  /** ρ of the dense P² × P² operator, as ‖Q^(2^k)‖^(1/2^k) by repeated squaring. */
  const grows = (eta: number): boolean => {
    const columns = Array.from({ length: P * P }, (_, k) => {
      const basis = zeros();
      basis[Math.floor(k / P)]![k % P] = 1;
      return step(basis, eta).flat();
    });
    let Q = columns[0]!.map((_, row) => columns.map((column) => column[row]!));
    let logNorm = 0;
    for (let k = 0; k < 40; k++) {
      const size = norm(Q);
      logNorm = 2 * (logNorm + Math.log(size));
      const scaled = Q.map((row) => row.map((value) => value / size));
      Q = multiply(scaled, scaled);
    }
    return logNorm + Math.log(norm(Q)) > 0;
  };
  let [low, high] = [0, 4 / Math.max(...G.map((row, a) => row[a]!))];
  for (let k = 0; k < 40; k++) {
    const middle = (low + high) / 2;
    if (grows(middle)) high = middle;
    else low = middle;
  }
  return {
    noise: {
      loss,
      traceG: trace(G),
      frobeniusG: norm(G),
      traceNoise: trace(centred),
      traceNoiseG: inner(centred, G),
      traceUncentredNoiseG: inner(second, G),
      frobeniusNoise: norm(centred),
      frobeniusUncentredNoise: norm(second),
      alignmentFactor: inner(centred, G) / (2 * loss * norm(G) ** 2),
      directionAlignment: inner(centred, G) / (norm(centred) * norm(G)),
      noiseMagnitude: norm(centred) / (2 * loss * norm(G)),
    },
    criticalLearningRate: (low + high) / 2,
  };
}
